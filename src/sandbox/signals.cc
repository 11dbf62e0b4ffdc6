#include "sandbox/signals.h"

#include <sys/wait.h>

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

std::string signal_name(int number) {
  const char* known = ::sigabbrev_np(number);
  return known != nullptr ? std::string("SIG") + known : "signal " + std::to_string(number);
}

std::string describe_end(int status) {
  return WIFSIGNALED(status) ? "was killed by " + signal_name(WTERMSIG(status))
                             : "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace bootstrap
