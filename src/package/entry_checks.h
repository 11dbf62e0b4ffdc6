// What a package may put where. Its tar archive is hostile until each entry has passed here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "package/deb.h"
#include "package/entry.h"

namespace bootstrap {

/// A path in double quotes for a message, with control and non-ASCII bytes as \xNN: it may hold anything.
std::string printable(std::string_view path);

/// Judges the entries of one archive, in their order.
class EntryChecker {
 public:
  /// `max_metadata`: see DebLimits::metadata.
  explicit EntryChecker(bool merge_usr, std::uint64_t max_metadata = DebLimits().metadata)
      : merge_usr_(merge_usr), metadata_left_(max_metadata) {}

  /// Brings `entry`, as the archive tells it, into canonical form: path and hard-link target canonical, the
  /// target the file itself rather than another link to it, and a hard link's metadata that of its file.
  /// Throws kFailure when its path is not canonical or escapes, lies below something that is no directory, or
  /// is taken (but a directory may come again, as /lib and /usr/lib do); when a hard link has no earlier
  /// file; for whiteouts and extended attributes that no package may set; for owners and device numbers that
  /// no image can have; and when all entries together take too much memory.
  void admit(Entry& entry);

 private:
  struct Seen {
    EntryType type = EntryType::kDirectory;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime = 0;
    std::string file;  ///< of a hard link: the path of its file
  };

  std::string path_of(const Entry& entry) const;
  void charge(std::size_t size);
  void check_parents(const std::string& path);
  void resolve_hard_link(Entry& entry) const;

  bool merge_usr_;
  std::uint64_t metadata_left_;
  std::unordered_map<std::string, Seen> seen_;
};

}  // namespace bootstrap
