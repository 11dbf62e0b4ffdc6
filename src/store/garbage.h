// What nothing refers to any more: first collected and counted, then removed, so that a dry run and a real
// one say the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

namespace bootstrap {

class Garbage {
 public:
  /// A file, or a directory with all below it. What is not there is passed over.
  void add(const std::filesystem::path& path);

  std::size_t files() const { return paths_.size(); }
  /// Bytes that removing sets free on disk. A file counts when all its names are here.
  std::uint64_t bytes() const;
  /// Removes all of it; what somebody else removed meanwhile is passed over.
  void remove() const;

 private:
  struct Inode {
    std::uint64_t size = 0;
    nlink_t names = 0;      ///< that it has
    nlink_t collected = 0;  ///< that are here
  };
  void count(const std::filesystem::path& path);

  std::set<std::filesystem::path> paths_;
  std::map<std::pair<dev_t, ino_t>, Inode> inodes_;
};

}  // namespace bootstrap
