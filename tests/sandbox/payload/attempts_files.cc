// Files of the kernel: settings of the whole machine, and what tells about it.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <sstream>

#include "attempts.h"

namespace {

namespace fs = std::filesystem;

template <const char* kPath>
bool writes(const HostFacts&) {
  return can_open(kPath, O_WRONLY);
}
template <const char* kPath>
bool reads(const HostFacts&) {
  return can_read(kPath);
}

constexpr char kCorePattern[] = "/proc/sys/kernel/core_pattern";
constexpr char kModprobe[] = "/proc/sys/kernel/modprobe";
constexpr char kDropCaches[] = "/proc/sys/vm/drop_caches";
constexpr char kSysrq[] = "/proc/sysrq-trigger";
constexpr char kKeys[] = "/proc/keys";
constexpr char kTimers[] = "/proc/timer_list";
constexpr char kInterrupts[] = "/proc/interrupts";
constexpr char kKcore[] = "/proc/kcore";

/// The first file below a directory that can be opened for writing.
bool any_writable(const char* directory) {
  std::error_code error;
  int reason = ENOENT;
  for (fs::recursive_directory_iterator
           entry(directory, fs::directory_options::skip_permission_denied, error),
       end;
       !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file(error))
      continue;
    if (can_open(entry->path().c_str(), O_WRONLY))
      return true;
    reason = errno;
    if (entry.depth() > 5)
      entry.disable_recursion_pending();
  }
  errno = reason;
  return false;
}

/// Addresses of the kernel, not only names.
bool kernel_addresses(const HostFacts&) {
  std::istringstream lines(content_of("/proc/kallsyms"));
  std::string address;
  lines >> address;
  return address.find_first_not_of('0') != std::string::npos;
}

bool firmware(const HostFacts&) {
  std::error_code error;
  return fs::directory_iterator("/sys/firmware", error) != fs::directory_iterator();
}

bool kernel_log(const HostFacts&) {
  constexpr int kReadAll = 3;
  char buffer[256];
  return ::syscall(SYS_syslog, kReadAll, buffer, sizeof buffer) > 0;
}

bool kernel_log_files(const HostFacts&) {
  return can_read("/dev/kmsg") || can_read("/proc/kmsg");
}

}  // namespace

std::span<const Attempt> attempts_on_kernel_files() {
  static constexpr Attempt kAttempts[] = {
      {"core-pattern", writes<kCorePattern>},
      {"modprobe-path", writes<kModprobe>},
      {"drop-caches", writes<kDropCaches>},
      {"sysrq", writes<kSysrq>},
      {"interrupts-write", [](const HostFacts&) { return any_writable("/proc/irq"); }},
      {"sys-write",
       [](const HostFacts&) { return any_writable("/sys/kernel") || any_writable("/sys/module"); }},
      {"kcore", reads<kKcore>},
      {"kernel-addresses", kernel_addresses},
      {"keys", reads<kKeys>},
      {"timers", reads<kTimers>},
      {"interrupts", reads<kInterrupts>},
      {"firmware", firmware},
      {"kernel-log", kernel_log},
      {"kernel-log-files", kernel_log_files}};
  return kAttempts;
}
