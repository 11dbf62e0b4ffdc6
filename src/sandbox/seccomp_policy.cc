// The list starts from what container engines allow by default and leaves out what a package script or a
// service does not need: namespaces and mounts, tracing of other processes, io_uring, userfaultfd, keyrings,
// BPF, and all socket families but local and internet ones.
#include "sandbox/seccomp_policy.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

constexpr const char* kFiles = R"(
    access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
    fadvise64 fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
    fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl lchown lgetxattr link linkat
    listxattr llistxattr lremovexattr lseek lsetxattr lstat memfd_create mkdir mkdirat mknod mknodat
    name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev
    pwritev2 read readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile
    setxattr splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate umask
    unlink unlinkat utime utimensat utimes write writev
)";

constexpr const char* kMemory = R"(
    brk get_mempolicy madvise mbind membarrier mincore mlock mlock2 mlockall mmap mprotect mremap msync
    munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages set_mempolicy
)";

constexpr const char* kProcesses = R"(
    arch_prctl capget capset execve execveat exit exit_group fork get_robust_list getcpu getegid geteuid
    getgid getgroups getitimer getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
    getrlimit getrusage getsid gettid getuid ioprio_get ioprio_set kill landlock_add_rule
    landlock_create_ruleset landlock_restrict_self pidfd_open pidfd_send_signal prctl prlimit64 rseq
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
    sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
    sched_setscheduler sched_yield seccomp set_robust_list set_tid_address setfsgid setfsuid setgid
    setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid
    sigaltstack sysinfo tgkill times tkill uname vfork wait4 waitid
)";

constexpr const char* kTimeAndWaiting = R"(
    adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1
    epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 futex futex_waitv gettimeofday io_cancel
    io_destroy io_getevents io_pgetevents io_setup io_submit nanosleep pause poll ppoll pselect6
    restart_syscall select signalfd signalfd4 time timer_create timer_delete timer_getoverrun timer_gettime
    timer_settime timerfd_create timerfd_gettime timerfd_settime
)";

constexpr const char* kCommunication = R"(
    accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify mq_open
    mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg semctl
    semget semop semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown
)";

// Refused on purpose. Programs that try these know EPERM as "not as this user".
constexpr const char* kRefused = R"(
    acct bpf chroot clock_settime delete_module fanotify_init fanotify_mark finit_module fsconfig fsmount
    fsopen fspick init_module ioperm iopl kcmp kexec_file_load kexec_load lookup_dcookie mount mount_setattr
    move_mount open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_vm_readv
    process_vm_writev ptrace quotactl quotactl_fd reboot setdomainname sethostname setns settimeofday
    swapoff swapon syslog umount2 unshare vhangup vmsplice
)";

// Newer than the libseccomp of Debian 12; the C library of Debian 13 needs it for chmod without following
// links. System calls from 424 on have the same number on every architecture.
constexpr int kFchmodat2 = 452;

// The bits of clone(2) that make namespaces.
constexpr std::uint64_t kNamespaceFlags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                             CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

// What personality(2) may ask for: Linux, Linux on 32 bits, each also as version 2.6, and what it is now.
constexpr std::uint64_t kPersonalities[] = {0, 0x8, 0x20000, 0x20008, 0xffffffff};

class Filter {
 public:
  explicit Filter(std::uint32_t default_action)
      : context_(::seccomp_init(default_action), &::seccomp_release) {
    if (!context_)
      throw Error(ErrorKind::kSandbox, "seccomp_init failed");
    // A search tree instead of a list: half the cost per system call.
    verify(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    verify(::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  }

  /// `names` are separated by white space.
  void add_all(std::uint32_t action, const char* names) {
    std::istringstream words(names);
    for (std::string name; words >> name;) {
      int number = ::seccomp_syscall_resolve_name(name.c_str());
      // Negative: not a call of this architecture, or unknown to this libseccomp.
      if (number >= 0)
        verify(::seccomp_rule_add_array(context_.get(), action, number, 0, nullptr));
    }
  }

  template <typename... Comparisons>
  void add(std::uint32_t action, int number, Comparisons... comparisons) {
    if constexpr (sizeof...(comparisons) == 0) {
      verify(::seccomp_rule_add_array(context_.get(), action, number, 0, nullptr));
    } else {
      const scmp_arg_cmp list[] = {comparisons...};
      verify(::seccomp_rule_add_array(context_.get(), action, number, sizeof...(comparisons), list));
    }
  }

  BpfProgram compile() const {
    UniqueFd fd(check(::memfd_create("filter", MFD_CLOEXEC), "memfd_create"));
    verify(::seccomp_export_bpf(context_.get(), fd.get()));
    check(::lseek(fd.get(), 0, SEEK_SET), "lseek");
    const std::string bytes = read_all(fd.get());
    BpfProgram program(bytes.size() / sizeof(sock_filter));
    bytes.copy(reinterpret_cast<char*>(program.data()), bytes.size());
    return program;
  }

 private:
  static void verify(int result) {
    if (result < 0)
      throw_errno("cannot make the seccomp filter", -result);
  }

  std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, decltype(&::seccomp_release)> context_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp all_of(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp unlike(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}
scmp_arg_cmp above(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_GT, value, 0};
}

/// Processes and threads, but no namespaces: they are the first step of most attacks on a kernel. clone3
/// keeps its flags in memory, where a filter cannot look; its ENOSYS makes the C library use clone.
void add_clone_rules(Filter& filter) {
  std::uint64_t all = 0;
  for (std::uint64_t flag : kNamespaceFlags) {
    filter.add(SCMP_ACT_ERRNO(EPERM), SYS_clone, all_of(0, flag, flag));
    all |= flag;
  }
  filter.add(SCMP_ACT_ALLOW, SYS_clone, all_of(0, all, 0));
}

constexpr int kL2tp = 115;  // linux/l2tp.h
constexpr int kSmc = 256;   // linux/in.h of Linux 6.11

/// Local and internet sockets, and NETLINK_ROUTE for listing the interfaces of the own network namespace.
/// The answers matter: shadow's tools abort when NETLINK_AUDIT fails with anything but "no such protocol".
void add_socket_rules(Filter& filter) {
  constexpr std::uint64_t kLast = AF_NETLINK;
  for (std::uint64_t family = 0; family <= kLast; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6) {
      filter.add(SCMP_ACT_ALLOW, SYS_socket, equals(0, family));
    } else if (family != AF_NETLINK) {
      filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), SYS_socket, equals(0, family));
    }
  }
  filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), SYS_socket, above(0, kLast));
  filter.add(SCMP_ACT_ALLOW, SYS_socket, equals(0, AF_NETLINK), equals(2, NETLINK_ROUTE));
  for (std::uint64_t protocol = NETLINK_ROUTE + 1; protocol <= NETLINK_AUDIT; ++protocol)
    filter.add(SCMP_ACT_ERRNO(EPROTONOSUPPORT), SYS_socket, equals(0, AF_NETLINK), equals(2, protocol));
  filter.add(SCMP_ACT_ERRNO(EPROTONOSUPPORT), SYS_socket, equals(0, AF_NETLINK), above(2, NETLINK_AUDIT));
  // Pairs are local. Of any other family, the kernel makes both sockets before it finds that it has no pairs.
  filter.add(SCMP_ACT_ALLOW, SYS_socketpair, equals(0, AF_UNIX));
  filter.add(SCMP_ACT_ERRNO(EAFNOSUPPORT), SYS_socketpair, unlike(0, AF_UNIX));
}

// What passes by the families: as a protocol of the internet, an address family of its own (SMC), and
// transports that no service of ours speaks and that many a hole has been found in. The kernel loads their
// modules for who asks.
constexpr int kRefusedProtocols[] = {IPPROTO_DCCP, kL2tp, IPPROTO_SCTP, kSmc};

}  // namespace

BpfProgram compile_call_filter() {
  Filter filter(SCMP_ACT_ERRNO(ENOSYS));
  filter.add_all(SCMP_ACT_ALLOW, kFiles);
  filter.add_all(SCMP_ACT_ALLOW, kMemory);
  filter.add_all(SCMP_ACT_ALLOW, kProcesses);
  filter.add_all(SCMP_ACT_ALLOW, kTimeAndWaiting);
  filter.add_all(SCMP_ACT_ALLOW, kCommunication);
  filter.add_all(SCMP_ACT_ERRNO(EPERM), kRefused);
  filter.add(SCMP_ACT_ALLOW, kFchmodat2);
  add_clone_rules(filter);
  for (std::uint64_t persona : kPersonalities)
    filter.add(SCMP_ACT_ALLOW, SYS_personality, equals(0, persona));
  add_socket_rules(filter);
  return filter.compile();
}

BpfProgram compile_refusal_filter() {
  // The kernel looks at the lower 32 bits only, so must we.
  constexpr std::uint64_t kInt = 0xffffffff;
  Filter filter(SCMP_ACT_ALLOW);
  for (std::uint64_t request : {TIOCSTI, TIOCLINUX})
    filter.add(SCMP_ACT_ERRNO(EPERM), SYS_ioctl, all_of(1, kInt, request));
  for (std::uint64_t family : {AF_INET, AF_INET6}) {
    for (int protocol : kRefusedProtocols)
      filter.add(SCMP_ACT_ERRNO(EPROTONOSUPPORT), SYS_socket, all_of(0, kInt, family),
                 all_of(2, kInt, static_cast<std::uint64_t>(protocol)));
  }
  // A TCP socket becomes one of SMC that way. TLS by the kernel, the other use, libraries do without.
  filter.add(SCMP_ACT_ERRNO(ENOPROTOOPT), SYS_setsockopt, all_of(1, kInt, IPPROTO_TCP),
             all_of(2, kInt, TCP_ULP));
  // A thread has the descriptors of its process, so that who counts its memory sees them there. No thread
  // library makes others.
  filter.add(SCMP_ACT_ERRNO(EPERM), SYS_clone, all_of(0, CLONE_THREAD | CLONE_FILES, CLONE_THREAD));
  filter.add(SCMP_ACT_ERRNO(EINVAL), SYS_close_range, all_of(2, CLOSE_RANGE_UNSHARE, CLOSE_RANGE_UNSHARE));
  return filter.compile();
}

}  // namespace bootstrap
