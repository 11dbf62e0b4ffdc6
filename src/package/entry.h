// One member of a file system tree, as metadata. Ownership and modes come from the archive and are never read
// back from disk, so a build by an ordinary user equals a build by root.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/digest.h"

namespace bootstrap {

enum class EntryType : char {
  kFile = '-',
  kDirectory = 'd',
  kSymlink = 'l',
  kHardlink = 'h',  ///< link_target is the path of an earlier entry
  kCharacterDevice = 'c',
  kBlockDevice = 'b',
  kFifo = 'p',
};

struct Entry {
  std::string path;  ///< canonical: relative, no ".", "..", empty or doubled components, merged-/usr
                     ///< ("usr/bin/sh"); the root itself is "."
  EntryType type = EntryType::kFile;
  std::uint32_t mode = 0;  ///< permission bits with setuid, setgid and sticky
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  ///< of a file's content
  std::int64_t mtime = 0;  ///< seconds
  std::string link_target;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  ///< full name ("security.capability") to raw value
  Digest digest;                              ///< of a file's content

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace bootstrap
