#include "runner/raw_terminal.h"

#include <unistd.h>

namespace bootstrap {

RawTerminal::RawTerminal() {
  if (::tcgetattr(STDIN_FILENO, &before_) < 0)
    return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (changed_)
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

}  // namespace bootstrap
