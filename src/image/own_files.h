// The `files:` of a recipe as a tar: the last layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace bootstrap {

/// A canonical tar of the files with their parent directories (0755 root) where `has_directory` says that the
/// layers below have none. Folders are copied with all they hold, sorted. `find_id(kind, name)` turns user
/// ("user") and group ("group") names into numbers by the image's own passwd and group. mtimes are `mtime`.
/// Throws kUsage for a source that is missing or of a kind that is not copied (device, socket).
std::string own_files_tar(
    const std::vector<OwnFile>& files, std::int64_t mtime,
    const std::function<bool(const std::string&)>& has_directory,
    const std::function<std::uint32_t(std::string_view kind, const std::string& name)>& find_id);

}  // namespace bootstrap
