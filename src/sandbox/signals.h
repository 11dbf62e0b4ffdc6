// Signals by name, as image configs and error messages have them.
#pragma once

#include <csignal>
#include <optional>
#include <string_view>

namespace bootstrap {

/// "SIGTERM", "TERM", "15", "SIGRTMIN+3"; nullopt for anything else.
std::optional<int> parse_signal(std::string_view name);

/// What is passed on to a program that runs for the user: all that ask a program for something, and the news
/// that the terminal has another size.
sigset_t forwarded_signals();

}  // namespace bootstrap
