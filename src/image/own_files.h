// The `files:` of a recipe as a tar: the last layer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "package/entry.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// How the layers below have the directory `path` (as Entry::path); nullopt when they have none.
using FindDirectory = std::function<std::optional<Entry>(const std::string& path)>;

/// The number of a user (kind "user") or group (kind "group") by the image's own passwd and group.
using FindId = std::function<std::uint32_t(std::string_view kind, const std::string& name)>;

/// A canonical tar of the files with all directories they lie in: those of the layers below as they are there
/// (a runtime that keeps layers apart would otherwise make them anew and so change them), new ones 0755. A
/// source that is a file becomes the target itself, or goes into it when the target ends in '/'; a folder's
/// content goes into the target, with all it holds. Where two of the files give the same path, the later one
/// wins.
///
/// Without a mode of its own a file is 0755 if its owner may execute it, else 0644: all that version control
/// keeps, so the result does not depend on the umask of a checkout. mtimes are `mtime`. Throws kUsage for a
/// source that is missing or of a kind that is not copied (device, socket, pipe).
std::string own_files_tar(const std::vector<OwnFile>& files, std::int64_t mtime,
                          const FindDirectory& find_directory, const FindId& find_id);

}  // namespace bootstrap
