// Overlayfs's marks (Documentation/filesystems/overlayfs.rst) become those of the image-spec (layer.md): a
// character device 0:0 is the whiteout ".wh.NAME", the attribute user.overlay.opaque is ".wh..wh..opq".
#include "image/changes_tar.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "image/layer_path.h"
#include "package/entry.h"
#include "rootfs/state_tar.h"
#include "rootfs/tree.h"

namespace bootstrap {

namespace {

constexpr const char* kOverlayMarks = "user.overlay.";
constexpr int kMaximalDepth = 256;  // of directories that are open at the same time

std::vector<std::string> sorted_names(int directory) {
  UniqueFd again(check(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open directory"));
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(again.get()), ::closedir);
  if (!stream)
    throw_errno("fdopendir");
  again.release();
  std::vector<std::string> names;
  while (const dirent* item = ::readdir(stream.get())) {
    const std::string name = item->d_name;
    if (name != "." && name != "..")
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ChangesWriter {
 public:
  ChangesWriter(int output, const std::set<std::string>& mount_points)
      : tar_(output), mount_points_(mount_points) {}

  void add_directory(int directory, const std::string& path) {
    if (++depth_ > kMaximalDepth)
      throw Error(ErrorKind::kFailure, "the changes have directories nested too deeply: /" + path);
    struct stat status{};
    check(::fstat(directory, &status), "fstat");
    Entry entry = entry_of(path, EntryType::kDirectory, status);
    entry.xattrs = read_xattrs(directory);
    const bool opaque = entry.xattrs.count("user.overlay.opaque") > 0;
    std::erase_if(entry.xattrs, [](const auto& xattr) { return xattr.first.starts_with(kOverlayMarks); });
    tar_.add(entry);
    if (opaque)
      tar_.add(mark(child_path(path, ".wh..wh..opq")));
    for (const std::string& name : sorted_names(directory))
      add(directory, name, child_path(path, name));
    --depth_;
  }

  void finish() { tar_.finish(); }

 private:
  static Entry entry_of(const std::string& path, EntryType type, const struct stat& status) {
    Entry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    return entry;
  }

  static Entry mark(const std::string& path) {
    Entry entry;
    entry.path = path;
    return entry;
  }

  void add(int directory, const std::string& name, const std::string& path) {
    if (name.starts_with(".wh."))
      throw Error(ErrorKind::kFailure, "the program made /" + path,
                  "names that start with .wh. are reserved: in a layer they delete files");
    struct stat status{};
    check(::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW), "stat " + path);
    if (is_mount_point(directory, name, path, status))
      return;
    if (S_ISDIR(status.st_mode)) {
      UniqueFd fd = open_beneath(directory, name, O_RDONLY | O_DIRECTORY);
      add_directory(fd.get(), path);
    } else if (S_ISREG(status.st_mode)) {
      add_file(directory, name, path, status);
    } else if (S_ISLNK(status.st_mode)) {
      Entry entry = entry_of(path, EntryType::kSymlink, status);
      entry.mode = 0777;
      std::array<char, 4096> target;
      const ssize_t size = check(::readlinkat(directory, name.c_str(), target.data(), target.size()), path);
      entry.link_target.assign(target.data(), static_cast<std::size_t>(size));
      tar_.add(entry);
    } else if (S_ISFIFO(status.st_mode)) {
      tar_.add(entry_of(path, EntryType::kFifo, status));
    } else if (S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(0, 0)) {
      tar_.add(mark(child_path(parent_path(path), ".wh." + name)));
    }
  }

  /// And nothing but that.
  bool is_mount_point(int directory, const std::string& name, const std::string& path,
                      const struct stat& status) const {
    if (mount_points_.count(path) == 0)
      return false;
    if (!S_ISDIR(status.st_mode))
      return S_ISREG(status.st_mode) && status.st_size == 0;
    UniqueFd fd = open_beneath(directory, name, O_RDONLY | O_DIRECTORY);
    const std::vector<std::string> names = sorted_names(fd.get());
    return std::all_of(names.begin(), names.end(), [&](const std::string& inner) {
      struct stat of_inner{};
      check(::fstatat(fd.get(), inner.c_str(), &of_inner, AT_SYMLINK_NOFOLLOW), "stat " + path);
      return is_mount_point(fd.get(), inner, child_path(path, inner), of_inner);
    });
  }

  void add_file(int directory, const std::string& name, const std::string& path, const struct stat& status) {
    const auto [first, is_new] = files_.try_emplace({status.st_dev, status.st_ino}, path);
    if (!is_new) {
      Entry link = entry_of(path, EntryType::kHardlink, status);
      link.link_target = first->second;
      tar_.add(link);
      return;
    }
    UniqueFd file = open_beneath(directory, name, O_RDONLY | O_NONBLOCK);
    Entry entry = entry_of(path, EntryType::kFile, status);
    entry.size = static_cast<std::uint64_t>(status.st_size);
    entry.xattrs = read_xattrs(file.get());
    std::erase_if(entry.xattrs, [](const auto& xattr) { return xattr.first.starts_with(kOverlayMarks); });
    tar_.add(entry);
    std::array<char, 65536> buffer;
    ssize_t n;
    while ((n = check(::read(file.get(), buffer.data(), buffer.size()), "read " + path)) > 0)
      tar_.write({buffer.data(), static_cast<std::size_t>(n)});
  }

  StateTarWriter tar_;
  const std::set<std::string>& mount_points_;
  std::map<std::pair<dev_t, ino_t>, std::string> files_;  ///< first paths, for hard links
  int depth_ = 0;
};

}  // namespace

void write_changes_tar(int upper, int output, const std::set<std::string>& mount_points) {
  ChangesWriter writer(output, mount_points);
  writer.add_directory(upper, ".");
  writer.finish();
}

}  // namespace bootstrap
