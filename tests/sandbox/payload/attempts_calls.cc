// System calls that have been the first step out, or that act on the whole machine.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

#include "attempts.h"

namespace {

constexpr int kSessionKeyring = -3;  // KEY_SPEC_SESSION_KEYRING

bool add_key(const HostFacts&) {
  return done(::syscall(SYS_add_key, "user", "attempt", "x", 1, kSessionKeyring));
}

bool host_key(const HostFacts& host) {
  return done(::syscall(SYS_keyctl, KEYCTL_SEARCH, kSessionKeyring, "user", host.at("key").c_str(), 0));
}

bool load_bpf(const HostFacts&) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = attributes.value_size = 4;
  attributes.max_entries = 1;
  return done(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

bool count_events(const HostFacts&) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.size = sizeof attributes;
  attributes.exclude_kernel = 1;
  return done(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

bool set_clock(const HostFacts&) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return done(::clock_settime(CLOCK_REALTIME, &now));
}

bool tune_clock(const HostFacts&) {
  timex change{};
  ::adjtimex(&change);
  change.modes = ADJ_TICK;
  return done(::adjtimex(&change));
}

bool same_host_name(const HostFacts&) {
  char name[64];
  ::gethostname(name, sizeof name);
  return done(::sethostname(name, std::char_traits<char>::length(name)));
}

/// The other tables of system calls, which filters by number do not see through. Where they are closed, the
/// process dies.
bool other_table(const HostFacts&) {
#ifdef __x86_64__
  long result = 20;  // getpid of i386
  asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result > 0;
#else
  return false;
#endif
}

bool x32_table(const HostFacts&) {
#ifdef __x86_64__
  constexpr long kX32 = 0x40000000;
  return done(::syscall(kX32 | SYS_getpid));
#else
  return false;
#endif
}

bool execute_memory(const HostFacts&) {
  const int fd = ::memfd_create("attempt", MFD_CLOEXEC);
  const int self = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  char buffer[65536];
  for (ssize_t n; (n = ::read(self, buffer, sizeof buffer)) > 0;)
    ::write(fd, buffer, static_cast<std::size_t>(n));
  char name[] = "payload", command[] = "exit", code[] = "0";
  char* argv[] = {name, command, code, nullptr};
  char* environment[] = {nullptr};
  ::fexecve(fd, argv, environment);
  return false;
}

}  // namespace

std::span<const Attempt> attempts_with_system_calls() {
  static constexpr Attempt kAttempts[] = {
      {"add-key", add_key},
      {"host-key", host_key},
      {"keyctl",
       [](const HostFacts&) {
         return done(::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, kSessionKeyring, 0));
       }},
      {"userfaultfd", [](const HostFacts&) { return done(::syscall(SYS_userfaultfd, 0)); }},
      {"userfaultfd-user",
       [](const HostFacts&) { return done(::syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY)); }},
      {"bpf", load_bpf},
      {"perf", count_events},
      {"io_uring",
       [](const HostFacts&) {
         return passed_the_check_of_rights(::syscall(SYS_io_uring_setup, 1, nullptr));
       }},
      {"module",
       [](const HostFacts&) {
         return passed_the_check_of_rights(::syscall(SYS_init_module, nullptr, 0, ""));
       }},
      {"kexec",
       [](const HostFacts&) {
         return passed_the_check_of_rights(::syscall(SYS_kexec_load, 0, 0, nullptr, ~0UL));
       }},
      {"reboot", [](const HostFacts&) { return passed_the_check_of_rights(::reboot(RB_DISABLE_CAD)); }},
      {"swap", [](const HostFacts&) { return passed_the_check_of_rights(::swapon("/nonesuch", 0)); }},
#ifdef SYS_iopl
      {"ports", [](const HostFacts&) { return done(::syscall(SYS_iopl, 3)); }},
#endif
      {"clock", set_clock},
      {"clock-tuning", tune_clock},
      {"host-name", same_host_name},
      {"accounting", [](const HostFacts&) { return passed_the_check_of_rights(::acct("/nonesuch")); }},
      {"personality", [](const HostFacts&) { return done(::personality(READ_IMPLIES_EXEC)); }},
      {"i386-calls", other_table},
      {"x32-calls", x32_table},
      {"execute-memory", execute_memory}};
  return kAttempts;
}
