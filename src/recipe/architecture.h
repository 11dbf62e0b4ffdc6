// Machine architectures by their Debian names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bootstrap {

/// Those that a recipe may name.
std::span<const std::string_view> known_architectures();
/// The one of the running kernel. Throws kUsage on a machine that none of the names stands for.
std::string native_architecture();

}  // namespace bootstrap
