#include "sandbox/mount_api.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace bootstrap {

namespace {

/// What the kernel has to say about a file system that it refused: lines such as "e overlay: no upperdir".
std::string last_complaint(int context) {
  std::string complaint;
  char buffer[512];
  ssize_t n;
  while ((n = ::read(context, buffer, sizeof buffer)) > 0)
    complaint.assign(buffer, static_cast<std::size_t>(n));
  while (!complaint.empty() && complaint.back() == '\n')
    complaint.pop_back();
  return complaint.empty() ? complaint : " (" + complaint + ")";
}

}  // namespace

UniqueFd make_mount(const std::string& type, const MountOptions& options, std::uint64_t attributes) {
  const std::string what = "cannot mount " + type;
  UniqueFd context(check(::fsopen(type.c_str(), FSOPEN_CLOEXEC), what));
  for (const auto& [key, value] : options) {
    int result = value.empty()
                     ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
                     : ::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
    if (result < 0) {
      int error = errno;
      throw_errno(what + " with " + key + "=" + value + last_complaint(context.get()), error);
    }
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    int error = errno;
    throw_errno(what + last_complaint(context.get()), error);
  }
  return UniqueFd(check(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)), what));
}

UniqueFd clone_mount(int dir, const std::string& path, std::uint64_t attributes) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
  if (path.empty())
    flags |= AT_EMPTY_PATH;
  UniqueFd mount(check(::open_tree(dir, path.c_str(), flags), "cannot copy the mount of " + path));
  if (attributes != 0)
    add_mount_attributes(mount.get(), attributes);
  return mount;
}

UniqueFd clone_mounts_at(int fd) {
  constexpr unsigned kFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE;
  return UniqueFd(check(::open_tree(fd, "", kFlags), "cannot copy a mount"));
}

void add_mount_attributes(int mount, std::uint64_t attributes, MountDepth depth) {
  mount_attr change{};
  change.attr_set = attributes;
  const unsigned flags = AT_EMPTY_PATH | (depth == MountDepth::kAll ? AT_RECURSIVE : 0);
  check(::mount_setattr(mount, "", flags, &change, sizeof change), "mount_setattr");
}

void attach_mount(int mount, int target, std::string_view where) {
  check(::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
        "cannot mount on " + std::string(where));
}

void attach_mount_unseen(int mount) {
  check(::move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), "cannot attach a mount");
}

}  // namespace bootstrap
