// The `files:` of a recipe as a tar: the last layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "image/target_path.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// The number of a user (kind "user") or group (kind "group") by the image's own passwd and group.
using FindId = std::function<std::uint32_t(std::string_view kind, const std::string& name)>;

/// The files as a tar, and what they were when they were read for it.
struct OwnFilesTar {
  std::string tar;
  std::vector<Digest> contents;  ///< content_digest() of each of the files, in order
};

/// A canonical tar of the files with all directories they lie in: those of the layers below as they are there
/// (a runtime that keeps layers apart would otherwise make them anew and so change them), new ones 0755. A
/// source that is a file becomes the target itself, or goes into it when the target ends in '/'; a folder's
/// content goes into the target, with all it holds. Where two of the files give the same path, the later one
/// wins.
///
/// Links of the tree, `below` and those that earlier files brought, are followed within the tree: what goes
/// to /var/run/x is where a program finds /var/run/x. Only a file or link in the very place of a link
/// replaces it.
///
/// Without a mode of its own a file is 0755 if its owner may execute it, else 0644: all that version control
/// keeps, so the result does not depend on the umask of a checkout. mtimes are `mtime`. Each source is read
/// once. Throws kUsage for a source that is missing or of a kind that is not copied (device, socket, pipe),
/// and for a file in the place of a folder or the other way round.
OwnFilesTar own_files_tar(const std::vector<OwnFile>& files, std::int64_t mtime, const FindEntry& below,
                          const FindId& find_id);

}  // namespace bootstrap
