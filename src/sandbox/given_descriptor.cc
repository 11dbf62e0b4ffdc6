#include "sandbox/given_descriptor.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

namespace bootstrap {

namespace {

/// Open in the one way, which an O_PATH descriptor is not in any.
bool has_access(int fd, int access) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_PATH) == 0 && (flags & O_ACCMODE) == access;
}

bool is_null(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(1, 3);
}

/// The kernel's own files are not what they look like: with those of namespaces one can do more than read.
bool is_of_kernel(int fd) {
  struct statfs system{};
  if (::fstatfs(fd, &system) < 0)
    return true;
  return system.f_type == PROC_SUPER_MAGIC || system.f_type == NSFS_MAGIC || system.f_type == SYSFS_MAGIC;
}

}  // namespace

bool may_be_input(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) < 0)
    return false;
  if (is_null(status))
    return true;
  const bool plain = S_ISFIFO(status.st_mode) || (S_ISREG(status.st_mode) && !is_of_kernel(fd));
  return plain && has_access(fd, O_RDONLY);
}

/// No file: who has it open for writing can cut it, write over what was there before, even where it was
/// opened for appending, and is bound by the limit of the program's own files.
bool may_be_output(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) < 0)
    return false;
  return is_null(status) || (S_ISFIFO(status.st_mode) && has_access(fd, O_WRONLY));
}

}  // namespace bootstrap
