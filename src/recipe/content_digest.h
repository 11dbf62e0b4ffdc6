// The digest of a recipe's own files.
#pragma once

#include <filesystem>

#include "base/digest.h"

namespace bootstrap {

/// The digest of a regular file or of a folder with all it holds: relative names, kinds, contents, targets of
/// links, and whether a file is executable. Not of dates, owners, or the other bits of modes, which a
/// checkout does not keep. Throws kUsage for a device, socket or pipe.
Digest content_digest(const std::filesystem::path& path);

}  // namespace bootstrap
