// What a program changed in an image, as a layer: the upper directory of an overlay, as a tar with whiteouts.
#pragma once

namespace bootstrap {

/// Writes the tree below the directory `upper`, which overlayfs filled (with the option userxattr), to
/// `output`. The tree is hostile. Sockets and devices are left out; times are kept to the second.
void write_changes_tar(int upper, int output);

}  // namespace bootstrap
