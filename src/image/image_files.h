// Single files of a finished image, read from its layers without unpacking them.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "image/layout.h"

namespace bootstrap {

/// The content of every regular file of the flattened tree whose path (Entry::path) `wanted` says yes to.
/// Layers are checked against their digests; throws kFailure for a damaged one.
std::map<std::string, std::string> read_image_files(const ImageLayout& layout, const ImageManifest& manifest,
                                                    const std::function<bool(const std::string&)>& wanted);

}  // namespace bootstrap
