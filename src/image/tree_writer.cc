#include "image/tree_writer.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/error.h"
#include "image/layer_path.h"

namespace bootstrap {
namespace {

/// The names in a directory, without "." and "..".
std::vector<std::string> names_in(int directory) {
  UniqueFd fd(check(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open directory"));
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream)
    throw_errno("fdopendir");
  fd.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* item = ::readdir(stream.get())) {
    std::string name = item->d_name;
    if (name != "." && name != "..")
      names.push_back(std::move(name));
    errno = 0;
  }
  if (errno != 0)
    throw_errno("readdir");
  return names;
}

bool is_directory(int parent, const std::string& name) {
  struct stat status{};
  return ::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

UniqueFd open_directory(int parent, const std::string& name) {
  return UniqueFd(check(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                        "cannot open " + name));
}

void remove_tree(int parent, const std::string& name) {
  if (!is_directory(parent, name)) {
    if (::unlinkat(parent, name.c_str(), 0) < 0 && errno != ENOENT)
      throw_errno("cannot remove " + name);
    return;
  }
  UniqueFd directory = open_directory(parent, name);
  for (const std::string& child : names_in(directory.get()))
    remove_tree(directory.get(), child);
  check(::unlinkat(parent, name.c_str(), AT_REMOVEDIR), "cannot remove " + name);
}

/// Calls `make`, which makes `name` and returns as a syscall does; if something is there already, removes
/// that and calls it again.
template <typename Make>
int replacing(int parent, const std::string& name, Make make) {
  int result = make();
  if (result < 0 && errno == EEXIST) {
    remove_tree(parent, name);
    result = make();
  }
  return result;
}

/// A file system without extended attributes, or a namespace that may not set this one, can do without,
/// except where the attribute is what makes a program work.
void set_xattrs(int fd, const Entry& entry) {
  for (const auto& xattr : entry.xattrs) {
    if (xattr.first.starts_with("trusted.") || xattr.first.starts_with("user.overlay."))
      continue;  // they steer an overlay file system, and which one is not the image's to say
    bool optional = xattr.first != "security.capability";
    if (::fsetxattr(fd, xattr.first.c_str(), xattr.second.data(), xattr.second.size(), 0) < 0 &&
        !(optional && (errno == ENOTSUP || errno == EPERM)))
      throw_errno("cannot set " + xattr.first + " of " + entry.path);
  }
}

/// Owner first: chown clears setuid bits and file capabilities.
void set_metadata(int fd, const Entry& entry) {
  check(::fchown(fd, entry.uid, entry.gid), "cannot set the owner of " + entry.path);
  check(::fchmod(fd, entry.mode), "cannot set the mode of " + entry.path);
  set_xattrs(fd, entry);
}

timespec at(std::int64_t seconds) {
  timespec time{};
  time.tv_sec = seconds;
  return time;
}

/// For what cannot be opened: symbolic links, devices, pipes.
void set_metadata_at(int parent, const std::string& name, const Entry& entry) {
  check(::fchownat(parent, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW),
        "cannot set the owner of " + entry.path);
  // The name was made by us in a tree that nobody else can write, so it is no symbolic link here.
  if (entry.type != EntryType::kSymlink)
    check(::fchmodat(parent, name.c_str(), entry.mode, 0), "cannot set the mode of " + entry.path);
  const timespec times[2] = {at(entry.mtime), at(entry.mtime)};
  check(::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW),
        "cannot set the time of " + entry.path);
}

int make_node(int parent, const std::string& name, const Entry& entry) {
  mode_t type = entry.type == EntryType::kFifo          ? S_IFIFO
                : entry.type == EntryType::kBlockDevice ? S_IFBLK
                                                        : S_IFCHR;
  return ::mknodat(parent, name.c_str(), type | 0600, ::makedev(entry.device_major, entry.device_minor));
}

}  // namespace

TreeWriter::TreeWriter(int root, Whiteouts whiteouts) : root_(root), whiteouts_(whiteouts) {}

void TreeWriter::apply(const Entry& entry, const std::function<std::string_view()>& read) {
  if (entry.path == ".") {
    if (entry.type != EntryType::kDirectory)
      throw Error(ErrorKind::kFailure, "the root of a layer is not a directory");
    set_metadata(root_, entry);
    directory_mtimes_["."] = entry.mtime;
    return;
  }
  int parent = parent_of(entry.path);
  if (auto whiteout = parse_whiteout(entry.path)) {
    if (whiteouts_ == Whiteouts::kKept)
      keep_whiteout(parent, whiteout->name);
    else if (whiteout->name.empty())
      remove_lower_children(parent, whiteout->directory);
    else
      remove_lower(parent, whiteout->name, child_path(whiteout->directory, whiteout->name));
    return;
  }
  make(entry, parent, name_in_parent(entry.path), read);
  written_.insert(entry.path);
}

void TreeWriter::finish() {
  for (auto directory = directory_mtimes_.rbegin(); directory != directory_mtimes_.rend(); ++directory) {
    UniqueFd fd = try_open_beneath(root_, directory->first, O_RDONLY | O_DIRECTORY);
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
      continue;  // a later layer replaced or removed it
    check(fd.get(), "cannot open " + directory->first);
    const timespec times[2] = {at(directory->second), at(directory->second)};
    check(::futimens(fd.get(), times), "cannot set the time of " + directory->first);
  }
}

/// The directory in which `path` is. What no layer has an entry for is made as other runtimes do: 0755, root.
int TreeWriter::parent_of(const std::string& path) {
  std::string wanted = parent_path(path);
  if (parent_ && wanted == parent_path_)
    return parent_.get();
  UniqueFd directory = try_open_beneath(root_, wanted, O_RDONLY | O_DIRECTORY);
  if (!directory && errno == ENOENT) {
    int above = parent_of(wanted);
    check(::mkdirat(above, name_in_parent(wanted).c_str(), 0755), "cannot make " + wanted);
    directory = open_directory(above, name_in_parent(wanted));
    check(::fchmod(directory.get(), 0755), "chmod " + wanted);
  }
  if (!directory)
    throw_errno("cannot open " + wanted + " to put " + path + " there");
  parent_ = std::move(directory);
  parent_path_ = std::move(wanted);
  return parent_.get();
}

void TreeWriter::make(const Entry& entry, int parent, const std::string& name,
                      const std::function<std::string_view()>& read) {
  switch (entry.type) {
    case EntryType::kDirectory:
      make_directory(entry, parent, name);
      return;
    case EntryType::kFile:
      make_file(entry, parent, name, read);
      return;
    case EntryType::kHardlink: {
      UniqueFd target = open_beneath(root_, parent_path(entry.link_target), O_RDONLY | O_DIRECTORY);
      std::string target_name = name_in_parent(entry.link_target);
      check(replacing(parent, name,
                      [&] { return ::linkat(target.get(), target_name.c_str(), parent, name.c_str(), 0); }),
            "cannot link " + entry.path + " to " + entry.link_target);
      return;
    }
    case EntryType::kSymlink:
      check(replacing(parent, name,
                      [&] { return ::symlinkat(entry.link_target.c_str(), parent, name.c_str()); }),
            "cannot make " + entry.path);
      break;
    case EntryType::kFifo:
    case EntryType::kCharacterDevice:
    case EntryType::kBlockDevice:
      if (entry.device_major == 0 && entry.device_minor == 0 && entry.type == EntryType::kCharacterDevice)
        throw Error(ErrorKind::kFailure,
                    entry.path + " is the device 0:0, by which overlays mark removed files");
      if (replacing(parent, name, [&] { return make_node(parent, name, entry); }) < 0) {
        if (errno == EPERM)
          return;  // a user namespace may not make devices; the sandbox has its own /dev
        throw_errno("cannot make " + entry.path);
      }
      break;
  }
  set_metadata_at(parent, name, entry);
}

void TreeWriter::make_directory(const Entry& entry, int parent, const std::string& name) {
  auto make = [&] { return is_directory(parent, name) ? 0 : ::mkdirat(parent, name.c_str(), 0700); };
  check(replacing(parent, name, make), "cannot make " + entry.path);
  UniqueFd directory = open_directory(parent, name);
  set_metadata(directory.get(), entry);
  directory_mtimes_[entry.path] = entry.mtime;
}

void TreeWriter::make_file(const Entry& entry, int parent, const std::string& name,
                           const std::function<std::string_view()>& read) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd file(check(replacing(parent, name, [&] { return ::openat(parent, name.c_str(), kFlags, 0600); }),
                      "cannot make " + entry.path));
  for (std::string_view piece = read(); !piece.empty(); piece = read())
    write_all(file.get(), piece);
  set_metadata(file.get(), entry);
  const timespec times[2] = {at(entry.mtime), at(entry.mtime)};
  check(::futimens(file.get(), times), "cannot set the time of " + entry.path);
}

/// Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".
void TreeWriter::keep_whiteout(int parent, const std::string& name) {
  if (name.empty())
    check(::fsetxattr(parent, "user.overlay.opaque", "y", 1, 0), "cannot mark a directory as opaque");
  else
    check(::mknodat(parent, name.c_str(), S_IFCHR, ::makedev(0, 0)), "cannot make a whiteout of " + name);
}

void TreeWriter::remove_lower(int parent, const std::string& name, const std::string& path) {
  if (!is_directory(parent, name)) {
    if (!written_.contains(path) && ::unlinkat(parent, name.c_str(), 0) < 0 && errno != ENOENT)
      throw_errno("cannot remove " + path);
    return;
  }
  remove_lower_children(open_directory(parent, name).get(), path);
  if (!written_.contains(path) && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOTEMPTY)
    throw_errno("cannot remove " + path);
}

void TreeWriter::remove_lower_children(int directory, const std::string& path) {
  for (const std::string& child : names_in(directory))
    remove_lower(directory, child, child_path(path, child));
}

}  // namespace bootstrap
