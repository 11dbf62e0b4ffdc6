// Paths in layers, and the names by which a layer removes what lower layers have: whiteouts (image-spec,
// layer.md).
#pragma once

#include <optional>
#include <string>

namespace bootstrap {

/// The directory a path is in ("." for the root) and its name there.
std::string parent_path(const std::string& path);
std::string name_in_parent(const std::string& path);
/// The path of `name` in `directory`.
std::string child_path(const std::string& directory, const std::string& name);

/// The order in which a walk of the tree meets paths: a directory, all that is in it, then its next
/// neighbour. (Plain order puts "a.conf" between "a" and "a/b"; GNU tar then takes "a" for finished, sets its
/// mtime, and changes it again by making "a/b".)
struct PathOrder {
  bool operator()(const std::string& a, const std::string& b) const;
};

struct Whiteout {
  std::string directory;
  std::string name;  ///< empty: an opaque whiteout, all that lower layers have in the directory
};

/// What the entry `path` removes, if it is a whiteout. Throws kFailure for ".wh." with nothing after it that
/// could be a name.
std::optional<Whiteout> parse_whiteout(const std::string& path);

}  // namespace bootstrap
