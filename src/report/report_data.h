// What there is to tell about all images of a folder: versions and what they fixed, packages by size, and
// which layers are stored once for several of them. From the image layouts alone; nothing is asked of an
// archive.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace bootstrap {

/// docs/updates.md, "A page about it", describes the document. Throws kUsage when there is no image, and
/// kFailure for a damaged one, naming it.
Json collect_report(const std::filesystem::path& images);

}  // namespace bootstrap
