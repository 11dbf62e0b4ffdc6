#include "rootfs/tree.h"

#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

// As a process inside a chroot would resolve it, except that /proc's magic links lead nowhere.
int open_in_root(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  throw_errno(fmt::format("cannot {} {}", what, path));
}

void unlink_node(const Place& place, const std::string& path) {
  if (::unlinkat(place.directory.get(), place.name.c_str(), 0) < 0 && errno != ENOENT)
    fail("replace", path);
}

timespec seconds(std::int64_t value) {
  return {static_cast<time_t>(value), 0};
}

}  // namespace

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash));
}

std::string name_of_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::optional<Place> Tree::find_place(const std::string& path) const {
  const std::string parent = parent_of(path);
  UniqueFd directory(open_in_root(root_, parent, O_PATH | O_DIRECTORY));
  if (directory)
    return Place{std::move(directory), name_of_path(path)};
  if (errno != ENOENT && errno != ENOTDIR)
    fail("open", parent);
  return std::nullopt;
}

Place Tree::place(const std::string& path) const {
  if (auto found = find_place(path))
    return std::move(*found);
  make_directory(parent_of(path));
  auto found = find_place(path);
  if (!found)
    fail("open the directory of", path);
  return std::move(*found);
}

std::optional<struct stat> Tree::stat(const std::string& path) const {
  const auto place = find_place(path);
  return place ? stat(*place) : std::nullopt;
}

std::optional<struct stat> Tree::stat(const Place& place) {
  struct stat status{};
  if (::fstatat(place.directory.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
    return std::nullopt;
  return status;
}

bool Tree::leads_to_directory(const std::string& path) const {
  return static_cast<bool>(UniqueFd(open_in_root(root_, path, O_PATH | O_DIRECTORY)));
}

std::optional<std::string> Tree::read(const std::string& path, std::uint64_t limit) const {
  const auto place = find_place(path);
  if (!place)
    return std::nullopt;
  // O_NONBLOCK: a script may have left a FIFO here, and opening one would wait for a writer.
  const UniqueFd fd(::openat(place->directory.get(), place->name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) < 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return read_all(fd.get(), limit);
}

void Tree::write(const std::string& path, std::string_view content, std::uint32_t mode) const {
  Entry metadata;
  metadata.mode = mode;
  if (const auto before = stat(path); before && S_ISREG(before->st_mode)) {
    metadata.mode = before->st_mode & 07777;
    metadata.uid = before->st_uid;
    metadata.gid = before->st_gid;
  }
  const Place where = place(path);
  unlink_node(where, path);
  const UniqueFd fd(::openat(where.directory.get(), where.name.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd)
    fail("create", path);
  write_all(fd.get(), content);
  check(::fchown(fd.get(), metadata.uid, metadata.gid), "fchown");
  check(::fchmod(fd.get(), metadata.mode), "fchmod");
}

void Tree::append(const std::string& path, std::string_view content) const {
  write(path, read(path).value_or("") + std::string(content));
}

void Tree::remove(const std::string& path) const {
  const auto place = find_place(path);
  if (!place || ::unlinkat(place->directory.get(), place->name.c_str(), 0) == 0 || errno == ENOENT)
    return;
  if (errno != EISDIR || ::unlinkat(place->directory.get(), place->name.c_str(), AT_REMOVEDIR) < 0)
    fail("remove", path);
}

void Tree::make_directory(const std::string& path, std::uint32_t mode) const {
  if (leads_to_directory(path))
    return;
  const Place where = place(path);
  const int made = ::mkdirat(where.directory.get(), where.name.c_str(), 0700);
  if (made < 0 && errno == EEXIST && leads_to_directory(path))
    return;  // packages are written side by side, and another needed it too
  if (made < 0 || ::fchmodat(where.directory.get(), where.name.c_str(), mode, 0) < 0)
    fail("make directory", path);
}

void Tree::set_mtime(const std::string& path, std::int64_t time) const {
  const auto place = find_place(path);
  const timespec times[2] = {seconds(time), seconds(time)};
  if (!place || ::utimensat(place->directory.get(), place->name.c_str(), times, AT_SYMLINK_NOFOLLOW) < 0)
    fail("set the time of", path);
}

void Tree::make_symlink(const std::string& path, const std::string& target) const {
  const Place where = place(path);
  if (::symlinkat(target.c_str(), where.directory.get(), where.name.c_str()) < 0)
    fail("make link", path);
}

const Place& PlaceFinder::place(const std::string& path) {
  std::string parent = parent_of(path);
  if (!place_ || parent != parent_) {
    place_ = tree_.place(path);
    parent_ = std::move(parent);
  }
  place_->name = name_of_path(path);
  return *place_;
}

FileWriter::FileWriter(const Place& where, const std::string& path) : path_(path) {
  const auto create = [&] {
    return ::openat(where.directory.get(), where.name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  };
  fd_.reset(create());
  if (!fd_ && errno == EEXIST) {
    unlink_node(where, path);
    fd_.reset(create());
  }
  if (!fd_)
    fail("create", path);
}

void FileWriter::finish(const Entry& metadata) {
  const int fd = fd_.get();
  if ((metadata.uid != 0 || metadata.gid != 0) && ::fchown(fd, metadata.uid, metadata.gid) < 0)
    fail("set the owner of", path_);
  if (::fchmod(fd, metadata.mode) < 0)
    fail("set the mode of", path_);
  for (const auto& [name, value] : metadata.xattrs)
    if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) < 0)
      fail(fmt::format("set {} of", name), path_);
  const timespec times[2] = {seconds(metadata.mtime), seconds(metadata.mtime)};
  if (::futimens(fd, times) < 0)
    fail("set the time of", path_);
  fd_.reset();
}

namespace {

void make_directory_node(const Place& where, const std::string& path, const Entry& entry) {
  if (::mkdirat(where.directory.get(), where.name.c_str(), 0700) < 0 && errno != EEXIST)
    fail("make directory", path);
  const UniqueFd fd(
      ::openat(where.directory.get(), where.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd)
    fail("open", path);
  if (::fchown(fd.get(), entry.uid, entry.gid) < 0 || ::fchmod(fd.get(), entry.mode) < 0)
    fail("set owner and mode of", path);
  for (const auto& [name, value] : entry.xattrs)
    if (::fsetxattr(fd.get(), name.c_str(), value.data(), value.size(), 0) < 0)
      fail(fmt::format("set {} of", name), path);
}

void make_hard_link(const Tree& tree, const Place& where, const std::string& path, const Entry& entry) {
  const auto target = tree.find_place(entry.link_target);
  if (!target || ::linkat(target->directory.get(), target->name.c_str(), where.directory.get(),
                          where.name.c_str(), 0) < 0)
    fail("make hard link", path);
}

}  // namespace

void make_node(const Tree& tree, const std::string& path, const Entry& entry) {
  if (entry.type == EntryType::kDirectory && path == ".") {
    check(::fchown(tree.root(), entry.uid, entry.gid), "fchown");
    check(::fchmod(tree.root(), entry.mode), "fchmod");
    return;
  }
  const Place where = tree.place(path);
  const int directory = where.directory.get();
  const char* name = where.name.c_str();
  if (entry.type == EntryType::kDirectory) {
    make_directory_node(where, path, entry);
    return;
  }
  unlink_node(where, path);
  if (entry.type == EntryType::kHardlink) {
    make_hard_link(tree, where, path, entry);
    return;  // it shares its target's metadata
  }
  if (entry.type == EntryType::kSymlink && ::symlinkat(entry.link_target.c_str(), directory, name) < 0)
    fail("make link", path);
  if (entry.type == EntryType::kFifo &&
      (::mkfifoat(directory, name, 0600) < 0 || ::fchmodat(directory, name, entry.mode, 0) < 0))
    fail("make FIFO", path);
  if ((entry.uid != 0 || entry.gid != 0) &&
      ::fchownat(directory, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) < 0)
    fail("set the owner of", path);
  const timespec times[2] = {seconds(entry.mtime), seconds(entry.mtime)};
  if (::utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) < 0)
    fail("set the time of", path);
}

void set_owner_and_mode(const Place& place, const std::string& path, const Entry& entry) {
  if (::fchownat(place.directory.get(), place.name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) < 0 ||
      ::fchmodat(place.directory.get(), place.name.c_str(), entry.mode, 0) < 0)
    fail("set owner and mode of", path);
}

namespace {

// A pax record ends the name of an attribute at "=".
bool is_kept_xattr(std::string_view name) {
  return name == "security.capability" || (name.starts_with("user.") && name.find('=') == name.npos);
}

}  // namespace

std::map<std::string, std::string> read_xattrs(int fd) {
  std::map<std::string, std::string> attributes;
  std::vector<char> names(65536);  // XATTR_LIST_MAX
  const ssize_t length = ::flistxattr(fd, names.data(), names.size());
  if (length < 0 && errno == ENOTSUP)
    return attributes;
  check(length, "flistxattr");
  for (const char* name = names.data(); name < names.data() + length; name += std::strlen(name) + 1) {
    if (!is_kept_xattr(name))
      continue;
    std::string value(65536, '\0');  // XATTR_SIZE_MAX
    value.resize(static_cast<std::size_t>(check(::fgetxattr(fd, name, value.data(), value.size()), name)));
    attributes.emplace(name, std::move(value));
  }
  return attributes;
}

}  // namespace bootstrap
