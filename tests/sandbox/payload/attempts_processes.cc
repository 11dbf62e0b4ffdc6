// Other processes: PID 1 of the box, those of the host, and one's own by way of tracing.
#include <fcntl.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "attempts.h"

namespace {

bool trace_init(const HostFacts&) {
  return done(::ptrace(PTRACE_SEIZE, 1, nullptr, nullptr));
}

/// With no descriptors, or no time, it could not do its work any more.
bool limit_init(const HostFacts&) {
  rlimit limit{};
  return ::prlimit(1, RLIMIT_NOFILE, nullptr, &limit) == 0 &&
         done(::prlimit(1, RLIMIT_NOFILE, &limit, nullptr));
}

bool starve_init(const HostFacts&) {
  const sched_param none{0};
  return done(::sched_setscheduler(1, SCHED_OTHER, &none));
}

bool trace_child(const HostFacts&) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const bool success = done(::ptrace(PTRACE_SEIZE, child, nullptr, nullptr));
  const int error = errno;
  ::kill(child, SIGKILL);
  errno = error;
  return success;
}

bool read_other_memory(const HostFacts&) {
  static const char kSecret[] = "secret";
  char copy[sizeof kSecret];
  iovec local{copy, sizeof copy};
  iovec remote{const_cast<char*>(kSecret), sizeof kSecret};
  return ::process_vm_readv(::getppid(), &local, 1, &remote, 1, 0) > 0;
}

/// The list of processes is that of the box.
bool host_processes(const HostFacts& host) {
  return can_read(("/proc/" + host.at("pid") + "/comm").c_str());
}

bool signal_host(const HostFacts& host) {
  return done(::kill(std::stoi(host.at("pid")), 0));
}

bool host_descriptors(const HostFacts& host) {
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(host.at("pid")), 0));
  return pidfd >= 0 && done(::syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

}  // namespace

std::span<const Attempt> attempts_on_processes() {
  static constexpr Attempt kAttempts[] = {
      {"init-exe", [](const HostFacts&) { return can_open("/proc/1/exe", O_RDONLY); }},
      {"init-memory", [](const HostFacts&) { return can_open("/proc/1/mem", O_RDWR); }},
      {"init-environment", [](const HostFacts&) { return can_read("/proc/1/environ"); }},
      {"init-descriptors", [](const HostFacts&) { return can_open("/proc/1/fd/0", O_RDONLY); }},
      {"init-maps", [](const HostFacts&) { return can_read("/proc/1/maps"); }},
      {"init-trace", trace_init},
      {"init-limits", limit_init},
      {"init-priority",
       [](const HostFacts&) { return done(::setpriority(PRIO_PROCESS, 1, ::getpriority(PRIO_PROCESS, 1))); }},
      {"init-scheduler", starve_init},
      {"init-signal", [](const HostFacts&) { return done(::kill(1, 0)); }},
      {"trace", trace_child},
      {"process-memory", read_other_memory},
      {"host-processes", host_processes},
      {"host-signal", signal_host},
      {"host-descriptors", host_descriptors}};
  return kAttempts;
}
