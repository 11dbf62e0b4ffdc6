// Getting more than was given: priority, memory, limits, another user's rights.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "attempts.h"

namespace {

constexpr uid_t kStranger = 33;

bool real_time(const HostFacts&) {
  const sched_param lowest{1};
  return done(::sched_setscheduler(0, SCHED_FIFO, &lowest));
}

bool lock_memory(const HostFacts&) {
  constexpr std::size_t kSize = 64 << 20;
  void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return done(::mlock(memory, kSize));
}

bool spare_from_oom(const HostFacts&) {
  const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  return fd >= 0 && done(::write(fd, "-500", 4));
}

bool raise_limit(const HostFacts&) {
  const rlimit raised{1 << 20, 1 << 20};
  return done(::setrlimit(RLIMIT_NOFILE, &raised));
}

bool copy_of_self(const char* path, mode_t mode) {
  const int from = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
  if (to < 0)
    return false;
  char buffer[65536];
  for (ssize_t n; (n = ::read(from, buffer, sizeof buffer)) > 0;) {
    if (::write(to, buffer, static_cast<std::size_t>(n)) < 0)
      return false;
  }
  ::close(to);
  return ::chmod(path, mode) == 0;
}

/// Runs a program as a stranger; whether it has got more than that one has is its exit code 0 ("payload
/// privileged").
bool gains(const char* path) {
  if (::setgroups(0, nullptr) < 0 || ::setresgid(kStranger, kStranger, kStranger) < 0 ||
      ::setresuid(kStranger, kStranger, kStranger) < 0)
    return false;
  ::execl(path, "payload", "privileged", nullptr);
  return false;
}

bool setuid_program(const HostFacts&) {
  constexpr const char* kPath = "/attempted-setuid";
  return copy_of_self(kPath, 04755) && gains(kPath);
}

bool capable_program(const HostFacts&) {
  constexpr const char* kPath = "/attempted-capable";
  vfs_cap_data capabilities{};
  capabilities.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  capabilities.data[0].permitted = 1U << CAP_CHOWN;
  return copy_of_self(kPath, 0755) &&
         ::setxattr(kPath, "security.capability", &capabilities, XATTR_CAPS_SZ_2, 0) == 0 && gains(kPath);
}

}  // namespace

std::span<const Attempt> attempts_on_limits() {
  static constexpr Attempt kAttempts[] = {
      // Above what it was started with, whatever that was.
      {"nice",
       [](const HostFacts&) {
         return done(::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) - 1));
       }},
      {"real-time", real_time},
      {"lock-memory", lock_memory},
      {"oom-score", spare_from_oom},
      {"raise-limit", raise_limit},
      {"setuid-program", setuid_program},
      {"capable-program", capable_program}};
  return kAttempts;
}
