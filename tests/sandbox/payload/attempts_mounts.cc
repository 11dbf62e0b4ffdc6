// Mounts, roots and namespaces.
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "attempts.h"

namespace {

namespace fs = std::filesystem;

bool is_other_root(const char* path, const struct stat& root) {
  struct stat other{};
  return ::stat(path, &other) == 0 && (other.st_dev != root.st_dev || other.st_ino != root.st_ino);
}

struct stat own_root() {
  struct stat status{};
  ::stat("/", &status);
  return status;
}

/// Out of a chroot by way of a directory that was opened before another one.
bool chroot_twice(const HostFacts&) {
  const struct stat root = own_root();
  const int before = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ::mkdir("/tmp", 01777);
  ::mkdir("/tmp/jail", 0700);
  if (::chroot("/tmp/jail") < 0 || ::fchdir(before) < 0)
    return false;
  for (int i = 0; i < 64; ++i)
    ::chdir("..");
  return ::chroot(".") == 0 && is_other_root("/", root);
}

/// For as long as it takes to see that it can be done.
bool mounts(const char* type, const char* options = nullptr) {
  if (::mount("none", "/dev", type, 0, options) < 0)
    return false;
  ::umount2("/dev", MNT_DETACH);
  return true;
}

bool control_group(const HostFacts&) {
  for (const char* controller : {"memory", "pids", "devices"}) {
    if (mounts("cgroup", controller))
      return true;
  }
  return mounts("cgroup2");
}

/// Any way to leave one's limits, or to have the kernel run something (release_agent).
bool control_group_files(const HostFacts&) {
  std::error_code error;
  int reason = ENOENT;
  for (fs::recursive_directory_iterator entry("/sys/fs/cgroup", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if ((name == "cgroup.procs" || name == "release_agent") && can_open(entry->path().c_str(), O_WRONLY))
      return true;
    reason = errno;
  }
  errno = reason;
  return false;
}

bool namespace_of_init(const HostFacts&) {
  const int fd = ::open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
  return fd >= 0 && done(::setns(fd, CLONE_NEWNS));
}

bool clone_with(std::uint64_t flags) {
  const long pid = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0)
    ::_exit(0);
  return done(pid);
}

bool clone3_with(std::uint64_t flags) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0)
    ::_exit(0);
  return done(pid);
}

/// The "shocker": files by their numbers, whatever the mounts show.
bool file_by_handle(const HostFacts&) {
  alignas(file_handle) char buffer[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
  auto* handle = reinterpret_cast<file_handle*>(buffer);
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(AT_FDCWD, "/", handle, &mount, 0) < 0) {
    handle->handle_bytes = 8;  // inode 2, which is the root directory of many a file system
    handle->handle_type = 1;
    buffer[sizeof(file_handle)] = 2;
  }
  const int root = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return done(::open_by_handle_at(root, handle, O_RDONLY));
}

}  // namespace

std::span<const Attempt> attempts_on_mounts() {
  static constexpr Attempt kAttempts[] = {
      {"mount", [](const HostFacts&) { return mounts("tmpfs"); }},
      {"mount-proc", [](const HostFacts&) { return mounts("proc"); }},
      {"remount",
       [](const HostFacts&) {
         return done(::mount(nullptr, "/proc/sys", nullptr, MS_REMOUNT | MS_BIND, nullptr));
       }},
      {"umount", [](const HostFacts&) { return done(::umount2("/proc/sys", MNT_DETACH)); }},
      {"fsopen", [](const HostFacts&) { return done(::syscall(SYS_fsopen, "tmpfs", 0)); }},
      {"open-tree", [](const HostFacts&) { return done(::syscall(SYS_open_tree, AT_FDCWD, "/", 1)); }},
      {"mount-cgroup", control_group},
      {"cgroup-files", control_group_files},
      {"chroot", [](const HostFacts&) { return done(::chroot("/")); }},
      {"chroot-twice", chroot_twice},
      {"pivot-root", [](const HostFacts&) { return done(::syscall(SYS_pivot_root, ".", ".")); }},
      {"init-root", [](const HostFacts&) { return is_other_root("/proc/1/root/", own_root()); }},
      {"init-cwd", [](const HostFacts&) { return is_other_root("/proc/1/cwd/", own_root()); }},
      {"setns", namespace_of_init},
      {"file-handle", file_by_handle},
      {"unshare-user", [](const HostFacts&) { return done(::unshare(CLONE_NEWUSER)); }},
      {"unshare-mount", [](const HostFacts&) { return done(::unshare(CLONE_NEWNS)); }},
      {"clone-user", [](const HostFacts&) { return clone_with(CLONE_NEWUSER); }},
      {"clone3-user", [](const HostFacts&) { return clone3_with(CLONE_NEWUSER); }},
      {"clone3", [](const HostFacts&) { return done(::syscall(SYS_clone3, nullptr, 0)); }}};
  return kAttempts;
}
