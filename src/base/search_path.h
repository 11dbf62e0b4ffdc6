// Programs of this machine, by name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bootstrap {

/// The first executable of this name in $PATH (/usr/bin and /bin when there is none), as a shell finds it.
std::optional<std::filesystem::path> find_in_path(const std::string& program);

}  // namespace bootstrap
