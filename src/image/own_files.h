// The `files:` of a recipe as a tar: the last layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace bootstrap {

/// A canonical tar of the files with their parent directories (0755 root) where `has_directory(path)` (path
/// as Entry::path) says that the layers below have none. A source that is a file becomes the target itself,
/// or goes into it when the target ends in '/'; a folder's content goes into the target, with all it holds,
/// folders 0755. Where two of the files give the same path, the later one wins.
///
/// Without a mode of its own a file is 0755 if its owner may execute it, else 0644: all that version control
/// keeps, so the result does not depend on the umask of a checkout. mtimes are `mtime`.
/// `find_id(kind, name)` turns user ("user") and group ("group") names into numbers by the image's own passwd
/// and group. Throws kUsage for a source that is missing or of a kind that is not copied (device, socket,
/// pipe).
std::string own_files_tar(
    const std::vector<OwnFile>& files, std::int64_t mtime,
    const std::function<bool(const std::string&)>& has_directory,
    const std::function<std::uint32_t(std::string_view kind, const std::string& name)>& find_id);

}  // namespace bootstrap
