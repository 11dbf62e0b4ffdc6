// Packages become files of the tree, by dpkg's rules: conffiles wait as NAME.dpkg-new for `dpkg --configure`,
// diverted files go where the diversion says, a directory may be a symbolic link to one, nobody overwrites
// another's file without Replaces.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "package/segment.h"
#include "rootfs/dpkg_database.h"
#include "rootfs/file_stream.h"
#include "rootfs/stat_overrides.h"
#include "rootfs/tree.h"

namespace bootstrap {

/// How a path was on disk when it was written; when all of it still holds later, nobody has touched it.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t changed = 0;  ///< ctime, nanoseconds
  std::int64_t modified = 0;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  friend bool operator==(const Stamp&, const Stamp&) = default;
};
Stamp stamp_of(const struct stat& status);

/// A path as it was written, and the entry it was written from.
struct Written {
  const Entry* entry = nullptr;
  Stamp stamp;
};
using WrittenPaths = std::unordered_map<std::string, Written>;

class Unpacker {
 public:
  Unpacker(const Tree& tree, SegmentReader reader)
      : tree_(tree), triggers_(tree), reader_(std::move(reader)) {}

  /// Reads the owners and modes that earlier stages gave to paths for good. As in a run of dpkg, those that
  /// this stage's own scripts register count from the next stage on.
  void begin_stage();
  /// Unpacks packages and enters them into the dpkg database as unpacked, as if one after the other; their
  /// files are written side by side. The segments must outlive this.
  void unpack(std::span<const Segment* const> packages);

  /// Puts back packages which were unpacked and configured when their state was made: their files as they are
  /// in the layers, without those that are masked (by package name), and nothing more.
  void restore(std::span<const Segment* const> packages,
               const std::map<std::string, std::set<std::string>>& masked);
  /// Something else that was restored; `path` as in `entry`.
  void note_written(const Entry& entry);

  const WrittenPaths& written() const { return written_; }

 private:
  struct Target {
    const SegmentEntry* source = nullptr;
    std::string path;  ///< where it goes
  };
  /// What of a package goes where.
  struct Plan {
    const Segment* package = nullptr;
    std::vector<Target> targets;
    std::set<std::string> left;  ///< paths that stay another package's, because that one Replaces this
  };

  void follow(const Diversions& diversions);
  bool meets(const Segment& package, const std::vector<Plan>& plans, const Diversions& diversions) const;
  void make_directories(const Segment& package);
  Plan plan(const Segment& package, const Diversions& diversions);
  const StatOverride* override_of(const Entry& entry) const;
  Entry as_unpacked(const Entry& entry) const;
  void write(const std::vector<Plan>& plans);
  WrittenPaths write(const Plan& plan) const;
  void enter_into_database(const Segment& package);
  void drop_from_list(const Segment& package, const std::set<std::string>& paths) const;

  const Tree& tree_;
  Triggers triggers_;
  SegmentReader reader_;
  std::unordered_map<std::string, const Segment*> owners_;  ///< by path on disk; not of directories
  StatOverrides overrides_;
  WrittenPaths written_;
};

}  // namespace bootstrap
