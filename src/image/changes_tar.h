// What a program changed in an image, as a layer: the upper directory of an overlay, as a tar with whiteouts.
#pragma once

#include <set>
#include <string>

namespace bootstrap {

/// Writes the tree below the directory `upper`, which overlayfs filled (with the option userxattr), to
/// `output`. The tree is hostile. Sockets and devices are left out; times are kept to the second. So are the
/// `mount_points`, relative paths of what was made for something to be mounted on: files that are empty, and
/// directories with nothing else in them.
void write_changes_tar(int upper, int output, const std::set<std::string>& mount_points);

}  // namespace bootstrap
