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
#include <stdexcept>
#include <string>

#include "attempts.h"

namespace {

/// PID 1. Where that is the program itself, there is nothing to attempt.
pid_t init() {
  if (::getppid() == 1)
    throw std::out_of_range("we are our own init");
  return 1;
}

const char* of_init(const char* file) {
  static std::string path;
  path = "/proc/" + std::to_string(init()) + "/" + file;
  return path.c_str();
}

/// With no descriptors, or no time, it could not do its work any more.
bool limit_init(const HostFacts&) {
  rlimit limit{};
  return ::prlimit(init(), RLIMIT_NOFILE, nullptr, &limit) == 0 &&
         done(::prlimit(init(), RLIMIT_NOFILE, &limit, nullptr));
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
      {"init-exe", [](const HostFacts&) { return done(::open(of_init("exe"), O_RDONLY | O_CLOEXEC)); }},
      {"init-memory", [](const HostFacts&) { return done(::open(of_init("mem"), O_RDWR | O_CLOEXEC)); }},
      {"init-environment", [](const HostFacts&) { return can_read(of_init("environ")); }},
      {"init-descriptors", [](const HostFacts&) { return can_open(of_init("fd/0"), O_RDONLY); }},
      {"init-maps", [](const HostFacts&) { return can_read(of_init("maps")); }},
      {"init-trace", [](const HostFacts&) { return done(::ptrace(PTRACE_SEIZE, init(), nullptr, nullptr)); }},
      {"init-limits", limit_init},
      {"init-priority",
       [](const HostFacts&) {
         return done(::setpriority(PRIO_PROCESS, static_cast<id_t>(init()),
                                   ::getpriority(PRIO_PROCESS, static_cast<id_t>(init()))));
       }},
      {"init-scheduler",
       [](const HostFacts&) {
         const sched_param none{0};
         return done(::sched_setscheduler(init(), SCHED_OTHER, &none));
       }},
      {"init-signal", [](const HostFacts&) { return done(::kill(init(), 0)); }},
      {"trace", trace_child},
      {"process-memory", read_other_memory},
      {"host-processes", host_processes},
      {"host-signal", signal_host},
      {"host-descriptors", host_descriptors}};
  return kAttempts;
}
