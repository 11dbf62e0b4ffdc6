#include "sandbox/signals.h"

#include <charconv>
#include <csignal>
#include <cstring>

namespace bootstrap {

std::optional<int> parse_signal(std::string_view name) {
  if (name.starts_with("SIG"))
    name.remove_prefix(3);
  int base = 0;
  for (int number = 1; number < 32; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known)
      return number;
  }
  if (name.starts_with("RTMIN+")) {
    base = SIGRTMIN;
    name.remove_prefix(6);
  }
  int number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number < 0 || base + number < 1 ||
      base + number > SIGRTMAX)
    return std::nullopt;
  return base + number;
}

sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH})
    sigaddset(&set, number);
  return set;
}

}  // namespace bootstrap
