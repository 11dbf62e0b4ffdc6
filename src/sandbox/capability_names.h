// Capabilities by name, as command lines and profiles have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// "NET_BIND_SERVICE" or "CAP_NET_BIND_SERVICE", in either case, as a set of one bit; "ALL" for all there
/// are; nullopt for anything else.
std::optional<std::uint64_t> parse_capability(std::string_view name);

/// "CAP_CHOWN", ...; in the order of their numbers. "CAP_63" for one that is newer than we are.
std::vector<std::string> capability_names(std::uint64_t set);

}  // namespace bootstrap
