// Device nodes and terminals.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "attempts.h"

namespace {

namespace fs = std::filesystem;

/// Makes a node, and gets at the device.
bool make_device(mode_t type, dev_t number) {
  constexpr const char* kPath = "/attempted-device";
  return ::mknod(kPath, type | 0600, number) == 0 && can_open(kPath, O_RDWR);
}

/// Memory devices and terminals that every box has, and pseudo-terminals.
bool is_harmless(dev_t number) {
  const unsigned major = ::gnu_dev_major(number);
  const unsigned minor = ::gnu_dev_minor(number);
  switch (major) {
    case 1:
      return minor == 3 || minor == 5 || minor == 7 || minor == 8 || minor == 9;
    case 5:
      return minor <= 2;
    default:
      return major >= 136 && major <= 143;
  }
}

bool other_devices(const HostFacts&) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator("/dev", error)) {
    struct stat status{};
    if (::lstat(entry.path().c_str(), &status) < 0)
      continue;
    if (S_ISBLK(status.st_mode) || (S_ISCHR(status.st_mode) && !is_harmless(status.st_rdev)))
      return true;
  }
  errno = 0;
  return false;
}

bool push_input(unsigned long request) {
  return done(::syscall(SYS_ioctl, 0, request, "x"));
}

bool make_immutable(const HostFacts&) {
  const int root = ::open("/", O_RDONLY | O_CLOEXEC);
  int flags = 0;
  if (::ioctl(root, FS_IOC_GETFLAGS, &flags) < 0)
    return false;
  int immutable = flags | FS_IMMUTABLE_FL;
  const bool success = done(::ioctl(root, FS_IOC_SETFLAGS, &immutable));
  if (success)
    ::ioctl(root, FS_IOC_SETFLAGS, &flags);
  return success;
}

}  // namespace

std::span<const Attempt> attempts_on_devices() {
  static constexpr Attempt kAttempts[] = {
      {"character-device", [](const HostFacts&) { return make_device(S_IFCHR, ::makedev(1, 3)); }},
      {"memory-device", [](const HostFacts&) { return make_device(S_IFCHR, ::makedev(1, 1)); }},
      {"disk",
       [](const HostFacts&) {
         return make_device(S_IFBLK, ::makedev(254, 0)) || make_device(S_IFBLK, ::makedev(8, 0));
       }},
      {"other-devices", other_devices},
      {"null-chmod", [](const HostFacts&) { return done(::chmod("/dev/null", 0666)); }},
      {"null-chown", [](const HostFacts&) { return done(::chown("/dev/null", 0, 0)); }},
      {"null-unlink", [](const HostFacts&) { return done(::unlink("/dev/null")); }},
      {"TIOCSTI", [](const HostFacts&) { return push_input(TIOCSTI); }},
      // The kernel takes 32 bits of this argument; a filter that compares 64 lets it through.
      {"TIOCSTI-high", [](const HostFacts&) { return push_input(0x100000000UL | TIOCSTI); }},
      {"TIOCLINUX", [](const HostFacts&) { return push_input(TIOCLINUX); }},
      {"immutable", make_immutable}};
  return kAttempts;
}
