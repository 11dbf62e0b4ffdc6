// Applying layers to a directory, as any other runtime would do it: from the finished blobs, digests checked,
// whiteouts obeyed.
#pragma once

#include <string>
#include <vector>

#include "image/layer.h"

namespace bootstrap {

/// Unpacks the layers, whose blobs lie below the directory `blobs` (descriptor of blobs/sha256) under the hex
/// digits of their digests, into the empty directory `root` (descriptor), lowest first. Every path is opened
/// beneath `root` without following links. Owners are set, so the caller must be root of a user namespace;
/// device nodes which it may not make are left out. Throws kFailure when a blob is not what its digest says;
/// the tree is then not to be used.
void unpack_layers(int blobs, const std::vector<Layer>& layers, int root);

/// Unpacks one layer for being laid over others by overlayfs (with the option userxattr). Throws kFailure
/// also for a layer that cannot stand alone, because a hard link leads to a file of another one.
void unpack_for_overlay(int blobs, const Layer& layer, int root);

}  // namespace bootstrap
