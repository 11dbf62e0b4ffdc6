// The tree being built, always through the descriptor of its root. Two ways of finding a path, and no third:
// as dpkg does it inside a chroot (a directory on the way may be a symbolic link, resolved within the root:
// openat2 RESOLVE_IN_ROOT), and, for what scripts may have turned into anything, without following at all.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "package/entry.h"

namespace bootstrap {

/// "a/b/c" -> "a/b" and "c"; the parent of a top-level name is ".".
std::string parent_of(std::string_view path);
std::string name_of_path(std::string_view path);

/// Where the last component of a path is: its directory, open, and its name in it.
struct Place {
  UniqueFd directory;
  std::string name;
};

class Tree {
 public:
  /// `root` stays the caller's and must outlive the tree.
  explicit Tree(int root) : root_(root) {}

  int root() const { return root_; }

  /// The directory of `path`, found as in a chroot; missing directories are made (0755, root).
  Place place(const std::string& path) const;
  /// The same, but nullopt when the directory is not there.
  std::optional<Place> find_place(const std::string& path) const;

  /// lstat of `path`, directories on the way found as in a chroot; nullopt when there is nothing.
  std::optional<struct stat> stat(const std::string& path) const;
  static std::optional<struct stat> stat(const Place& place);
  bool exists(const std::string& path) const { return stat(path).has_value(); }
  /// Whether `path` is a directory or a link that leads to one inside the root.
  bool leads_to_directory(const std::string& path) const;

  /// A regular file's content (at most `limit` bytes, else it throws); nullopt when there is none. A link in
  /// the last place, a FIFO or a device counts as none.
  std::optional<std::string> read(const std::string& path, std::uint64_t limit = 64ULL << 20) const;
  /// Writes `content` as a new file in the place of what was there; a regular file keeps its mode and owner.
  void write(const std::string& path, std::string_view content, std::uint32_t mode = 0644) const;
  void append(const std::string& path, std::string_view content) const;
  void remove(const std::string& path) const;
  /// Makes a directory unless `path` leads to one already.
  void make_directory(const std::string& path, std::uint32_t mode = 0755) const;
  /// Of the path itself, should it be a link.
  void set_mtime(const std::string& path, std::int64_t seconds) const;
  void make_symlink(const std::string& path, const std::string& target) const;

 private:
  int root_;
};

/// Finds the places of many paths. Neighbours mostly share a directory, so the last one is kept open; none on
/// the way there may be moved meanwhile.
class PlaceFinder {
 public:
  explicit PlaceFinder(const Tree& tree) : tree_(tree) {}

  /// As Tree::place(); good until the next call.
  const Place& place(const std::string& path);

 private:
  const Tree& tree_;
  std::string parent_;
  std::optional<Place> place_;
};

/// Writes one regular file: content piece by piece, then finish() sets owner, mode, extended attributes and
/// time, in the only order in which none undoes another.
class FileWriter {
 public:
  /// Removes what is at `path` (not a directory) and creates the file there.
  FileWriter(const Tree& tree, const std::string& path) : FileWriter(tree.place(path), path) {}
  /// The same where the place has been found already; `path` is for messages.
  FileWriter(const Place& where, const std::string& path);
  void write(std::string_view data) { write_all(fd_.get(), data); }
  void finish(const Entry& metadata);

 private:
  UniqueFd fd_;
  std::string path_;
};

/// Makes a directory, symbolic link, hard link (its target is a path of the tree) or FIFO with the entry's
/// metadata at `path`, in the place of anything but a directory. Devices are not made: a user namespace may
/// not.
void make_node(const Tree& tree, const std::string& path, const Entry& entry);

/// Of what is at `place` (no symbolic link); `path` is for messages.
void set_owner_and_mode(const Place& place, const std::string& path, const Entry& entry);

/// The extended attributes of an open file that belong to it: capabilities and the user's. Others (SELinux
/// labels) are the host's.
std::map<std::string, std::string> read_xattrs(int fd);

}  // namespace bootstrap
