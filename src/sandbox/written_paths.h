// What a box of the service profile wrote: the upper layer of its overlay, read when the box is gone.
#pragma once

#include <string>
#include <vector>

namespace bootstrap {

/// Paths made, changed or removed: absolute, sorted, at most 1000. Of directories only those are named in
/// which nothing was written. `changes` is of make_changes_mount().
std::vector<std::string> written_paths(int changes);

}  // namespace bootstrap
