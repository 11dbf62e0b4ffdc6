// Signals by name, as image configs and error messages have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// "SIGTERM", "TERM", "15", "SIGRTMIN+3"; nullopt for anything else.
std::optional<int> parse_signal(std::string_view name);

/// "SIGSEGV"; "signal 33" for one without a name.
std::string signal_name(int number);

/// How a process ended, from its wait(2) status: "exited with 3", "was killed by SIGSEGV".
std::string describe_end(int status);

}  // namespace bootstrap
