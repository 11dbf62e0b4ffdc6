#include "sandbox/namespace_errors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/fd.h"

namespace bootstrap {

namespace {

/// The value of a sysctl, or empty where the kernel has none of this name.
std::string sysctl(const char* path) {
  UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd)
    return {};
  std::string value = read_all(fd.get(), 4096);
  while (!value.empty() && value.back() == '\n')
    value.pop_back();
  return value;
}

std::string remedy(int error_number) {
  if (sysctl("/proc/sys/user/max_user_namespaces") == "0")
    return "user namespaces are switched off; as root: sysctl -w user.max_user_namespaces=15000";
  if (error_number == EAGAIN)
    return "your processes are as many as the limit of them: see ulimit -u";
  if (error_number == ENOSPC || error_number == EUSERS)
    return "too many namespaces exist already; see /proc/sys/user/max_*_namespaces";
  if (::geteuid() != 0 && sysctl("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "user namespaces are for root only; as root: sysctl -w kernel.unprivileged_userns_clone=1";
  if (sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor restricts user namespaces; as root: sysctl -w "
           "kernel.apparmor_restrict_unprivileged_userns=0, or give bootstrap a profile with \"userns,\"";
  }
  if (error_number == EINVAL)
    return "the kernel must be built with CONFIG_USER_NS and be Linux 5.12 or newer";
  return "inside a container, start that one with --security-opt seccomp=unconfined (docker) or "
         "--privileged; in a chroot, namespaces are never allowed";
}

}  // namespace

Error namespace_error(const std::string& what, int error_number) {
  return Error(ErrorKind::kSandbox, what + ": " + std::strerror(error_number), remedy(error_number));
}

}  // namespace bootstrap
