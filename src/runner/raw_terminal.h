// Our terminal while a program of a box uses it as its own.
#pragma once

#include <termios.h>

namespace bootstrap {

/// Hands every key to the program as it is, until this object is gone: Ctrl-C is for the program inside.
/// Does nothing where standard input is no terminal.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool changed_ = false;
  termios before_{};
};

}  // namespace bootstrap
