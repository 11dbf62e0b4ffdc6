// What a box of the service profile wrote: the upper layer of its overlay, read when the box is gone.
#pragma once

#include <string>
#include <vector>

namespace bootstrap {

/// Paths made, changed or removed in the tree `root`: absolute, sorted, at most 1000. Of directories only
/// those are named in which nothing is left that was written; those that the tree has itself with a slash at
/// the end. `changes` is of make_changes_mount().
std::vector<std::string> written_paths(int changes, int root);

}  // namespace bootstrap
