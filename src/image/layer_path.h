// Paths in layers, and the names by which a layer removes what lower layers have: whiteouts (image-spec,
// layer.md).
#pragma once

#include <optional>
#include <string>

#include "package/path_order.h"

namespace bootstrap {

/// The directory a path is in ("." for the root) and its name there.
std::string parent_path(const std::string& path);
std::string name_in_parent(const std::string& path);
/// The path of `name` in `directory`.
std::string child_path(const std::string& directory, const std::string& name);

struct Whiteout {
  std::string directory;
  std::string name;  ///< empty: an opaque whiteout, all that lower layers have in the directory
};

/// What the entry `path` removes, if it is a whiteout. Throws kFailure for ".wh." with nothing after it that
/// could be a name.
std::optional<Whiteout> parse_whiteout(const std::string& path);

}  // namespace bootstrap
