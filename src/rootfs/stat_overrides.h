// Owners and modes that somebody gave to paths for good (dpkg-statoverride(1)): dpkg unpacks what is at such
// a path with them instead of the package's own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "package/entry.h"

namespace bootstrap {

struct StatOverride {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;

  /// The entry as it is to be unpacked.
  Entry applied_to(Entry entry) const;
};
/// By canonical path.
using StatOverrides = std::map<std::string, StatOverride, std::less<>>;

/// Reads var/lib/dpkg/statoverride: lines of user, group, mode and path, where "#5" is the number 5. Names
/// are those of the tree's `passwd` and `group`. Throws kFailure for a line that dpkg would refuse.
StatOverrides parse_stat_overrides(std::string_view text, std::string_view passwd, std::string_view group);

}  // namespace bootstrap
