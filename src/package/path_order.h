// The one order of paths, for whatever holds or writes a tree.
#pragma once

#include <string_view>

namespace bootstrap {

/// The order in which a walk of the tree meets paths: a directory, all that is in it, then its next
/// neighbour. (Plain order puts "a.conf" between "a" and "a/b". Who takes what follows a directory for what
/// is in it then takes it for finished too early; so does GNU tar, which sets the mtime of "a" and changes it
/// again by making "a/b".)
struct PathOrder {
  bool operator()(std::string_view a, std::string_view b) const;
};

}  // namespace bootstrap
