// Files that scripts write and an image needs, but for when or where they were written: they are brought into
// one form, whatever the build.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rootfs/tree.h"

namespace bootstrap {

struct CanonicalFile {
  std::string_view path;
  /// nullopt: it is not what it is taken for, and stays. `newest_mtime` is the time of what depends on one.
  std::optional<std::string> (*canonical)(const std::string& content, std::int64_t newest_mtime);
  std::string_view reason;
};
std::span<const CanonicalFile> canonical_files();

/// Brings those that the tree has into their form.
void make_canonical(const Tree& tree, std::int64_t newest_mtime);

/// A shadow file (shadow(5)) whose dates of the last change are at most `day` (days since 1970).
std::string clamp_shadow_dates(std::string_view shadow, std::int64_t day);

/// A list of files as `ls -R` writes it, in the order of names.
std::optional<std::string> sorted_listing(const std::string& listing);

}  // namespace bootstrap
