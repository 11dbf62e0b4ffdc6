#include "sandbox/namespace_errors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>

#include "base/fd.h"

namespace bootstrap {

namespace {

/// The value of a sysctl or another file of /proc, or empty where the kernel has none of this name.
std::string read_proc(const char* path) {
  UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd)
    return {};
  std::string value = read_all(fd.get(), 1 << 20);
  while (!value.empty() && value.back() == '\n')
    value.pop_back();
  return value;
}

/// Container engines answer with a seccomp filter, and then the error number says nothing.
bool is_filtered() {
  return read_proc("/proc/self/status").find("\nSeccomp:\t2") != std::string::npos;
}

/// Whether our root directory is no mount, so that the kernel takes us for somebody who must not get out.
bool is_chroot() {
  std::istringstream mounts(read_proc("/proc/self/mountinfo"));
  std::string id, parent, device, root, place;
  for (std::string rest; mounts >> id >> parent >> device >> root >> place; std::getline(mounts, rest)) {
    if (place == "/")
      return false;
  }
  return true;
}

std::string remedy(int error_number) {
  if (read_proc("/proc/sys/user/max_user_namespaces") == "0")
    return "user namespaces are switched off; as root: sysctl -w user.max_user_namespaces=15000";
  if (error_number == EAGAIN)
    return "your processes are as many as the limit of them: see ulimit -u";
  if (error_number == ENOSPC || error_number == EUSERS)
    return "too many namespaces exist already; see /proc/sys/user/max_*_namespaces";
  if (::geteuid() != 0 && read_proc("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "user namespaces are for root only; as root: sysctl -w kernel.unprivileged_userns_clone=1";
  if (read_proc("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor restricts user namespaces; as root: sysctl -w "
           "kernel.apparmor_restrict_unprivileged_userns=0, or give bootstrap a profile with \"userns,\"";
  }
  if (error_number == EACCES)
    return "AppArmor forbids it, as it does in containers: start this one with --security-opt "
           "apparmor=unconfined";
  if ((error_number == EPERM || error_number == ENOSYS) && is_filtered()) {
    return "a seccomp filter forbids it, as docker's default one does: start the container with "
           "--security-opt seccomp=unconfined --security-opt systempaths=unconfined";
  }
  if (error_number == EINVAL || error_number == ENOSYS)
    return "the kernel must be built with CONFIG_USER_NS and be Linux 5.12 or newer";
  if (is_chroot()) {
    return "this is a chroot, where the kernel gives nobody namespaces: enter it by another way, such as "
           "systemd-nspawn or unshare and pivot_root";
  }
  return "a policy of the machine forbids it";
}

}  // namespace

Error namespace_error(const std::string& what, int error_number) {
  return Error(ErrorKind::kSandbox, what + ": " + std::strerror(error_number), remedy(error_number));
}

}  // namespace bootstrap
