// The digest of a recipe's own files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/digest.h"

namespace bootstrap {

/// A file, folder or link of a recipe's own content, as it was read.
struct OwnContent {
  enum class Kind { kFile, kFolder, kLink };
  Kind kind = Kind::kFile;
  std::filesystem::path source;
  std::string name;  ///< below what was asked for: "/a/b"; of that itself ""
  bool executable = false;
  std::string data;  ///< of a file its content, of a link its target
};

/// Reads a regular file, or a folder with all it holds, once: calls `sink` for each part, folders before what
/// is in them, and returns content_digest() of the very bytes that it was given. Throws as that does.
Digest read_content(const std::filesystem::path& path, const std::function<void(OwnContent part)>& sink);

/// The digest of a regular file or of a folder with all it holds: relative names, kinds, contents, targets of
/// links, and whether a file is executable. Not of dates, owners, or the other bits of modes, which a
/// checkout does not keep. Throws kUsage for what is missing, a device, socket or pipe.
Digest content_digest(const std::filesystem::path& path);

}  // namespace bootstrap
