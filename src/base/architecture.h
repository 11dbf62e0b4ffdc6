// Machine architectures by their Debian names (Debian Policy 5.6.8; dpkg's cputable).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bootstrap {

/// Those that a recipe may name.
std::span<const std::string_view> known_architectures();

/// The architecture of a kernel that calls itself `machine` (uname(2)); none when no known one is meant.
std::optional<std::string_view> architecture_of_machine(std::string_view machine);

/// The one of the running kernel. Throws kUsage on a machine that no known architecture stands for.
std::string native_architecture();

/// Whether a machine of the architecture `native` runs programs of `architecture` by itself. An arm64 one
/// counts as running its own only: many processors of that kind have no 32-bit mode.
bool runs_natively(std::string_view architecture, std::string_view native);

}  // namespace bootstrap
