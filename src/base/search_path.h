// Programs of this machine, by name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bootstrap {

/// The first executable of this name in $PATH (/usr/bin and /bin when there is none), as a shell finds it.
std::optional<std::filesystem::path> find_in_path(const std::string& program);

/// Where the program that is running lies. Throws kSandbox where /proc, which tells it, is not mounted.
std::filesystem::path running_program();

/// One of our own programs: beside this executable, else in ../libexec/bootstrap of it. Throws kFailure
/// naming both places, or as running_program() does.
std::filesystem::path find_own_program(const std::string& program);

}  // namespace bootstrap
