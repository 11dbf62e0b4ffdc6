#include "transfer/confinement.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kWriting = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR;
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM;
// Newer than some headers that we are built with.
constexpr std::uint64_t kTruncate = 1 << 14;
constexpr int kFirstWithTruncate = 3;

// Libraries, certificates, and what name services are told by. Of /etc, /run and /dev no more than that: for
// root they hold keys, passwords and whole disks.
constexpr const char* kReadable[] = {"/usr",
                                     "/lib",
                                     "/lib64",
                                     "/nix",
                                     "/etc/ssl/certs",
                                     "/etc/ssl/cert.pem",
                                     "/etc/ssl/openssl.cnf",
                                     "/etc/ca-certificates",
                                     "/etc/pki/tls",
                                     "/etc/pki/ca-trust",
                                     "/etc/crypto-policies",
                                     "/var/lib/ca-certificates",
                                     "/etc/ld.so.cache",
                                     "/etc/localtime",
                                     "/etc/passwd",
                                     "/etc/nsswitch.conf",
                                     "/etc/resolv.conf",
                                     "/etc/hosts",
                                     "/etc/host.conf",
                                     "/etc/gai.conf",
                                     "/etc/services",
                                     "/etc/protocols",
                                     "/run/systemd/resolve",
                                     "/run/resolvconf",
                                     "/run/NetworkManager",
                                     "/proc/self",
                                     "/proc/sys",
                                     "/dev/null",
                                     "/dev/random",
                                     "/dev/urandom"};

// Regular programs may do these; who fetches files has no use for them.
constexpr const char* kRefused[] = {
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
    "pidfd_send_signal", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen",
    "fsmount", "fsconfig", "fspick", "mount_setattr", "unshare", "setns", "bpf", "perf_event_open",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key",
    "request_key", "open_by_handle_at", "name_to_handle_at", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "reboot", "swapon", "swapoff", "mknod", "mknodat", "acct", "quotactl",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "syslog",
    "iopl", "ioperm", "personality", "vhangup", "seccomp", "memfd_secret", "process_madvise", "listen",
    "accept", "accept4",
    // What it could do to the user's other processes.
    "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "setpriority", "ioprio_set",
    "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "migrate_pages",
    "move_pages"};

void allow(int ruleset, const std::filesystem::path& path, std::uint64_t access) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd)
    return;
  struct stat status{};
  check(::fstat(fd.get(), &status), "fstat");
  if (!S_ISDIR(status.st_mode))
    access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = fd.get();
  check(::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0), "landlock_add_rule");
}

void limit_files(const Reach& reach) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1)
    return;
  const std::uint64_t writing = kWriting | (version >= kFirstWithTruncate ? kTruncate : 0);
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kReading | writing | kNever;
  const UniqueFd ruleset(static_cast<int>(check(
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0), "landlock_create_ruleset")));
  for (const char* path : kReadable)
    allow(ruleset.get(), path, kReading);
  for (const std::filesystem::path& path : reach.readable)
    allow(ruleset.get(), path, kReading);
  for (const std::filesystem::path& path : reach.writable)
    allow(ruleset.get(), path, kReading | writing);
  check(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0), "landlock_restrict_self");
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  check(::syscall(SYS_capget, &header, sets), "capget");
  for (__user_cap_data_struct& set : sets) {
    const std::uint32_t kept = &set == sets ? 1U << CAP_DAC_OVERRIDE : 0;
    set.permitted &= kept;
    set.effective &= kept;
    set.inheritable = 0;
  }
  check(::syscall(SYS_capset, &header, sets), "capset");
}

void check_seccomp(int result) {
  if (result < 0)
    throw_errno("cannot limit the system calls of the downloader", -result);
}

// Of an int the kernel sees these bits of a register; who calls it by hand sets the others as he likes.
constexpr scmp_datum_t kInt = 0xffffffff;

// Not the macros of libseccomp: clang warns of what they leave out.
void refuse(scmp_filter_ctx filter, int error, int call, const std::vector<scmp_arg_cmp>& arguments) {
  check_seccomp(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), call,
                                       static_cast<unsigned>(arguments.size()), arguments.data()));
}

/// Families beside those of the internet and what tells a name service about addresses. Behind a file's
/// socket there may be a message bus, an agent with keys or a container engine; names are asked for over the
/// network then.
void refuse_other_sockets(scmp_filter_ctx filter) {
  constexpr int kKnown[] = {AF_INET, AF_INET6, AF_NETLINK};
  constexpr int kLast = 64;  // more than there are
  for (int family = 0; family < kLast; ++family) {
    bool known = false;
    for (int one : kKnown)
      known |= one == family;
    const scmp_arg_cmp is_family{0, SCMP_CMP_MASKED_EQ, kInt, static_cast<scmp_datum_t>(family)};
    if (!known)
      refuse(filter, EAFNOSUPPORT, SCMP_SYS(socket), {is_family});
    if (family != AF_UNIX)
      refuse(filter, EAFNOSUPPORT, SCMP_SYS(socketpair), {is_family});
  }
  // Routes and addresses, of all that netlink is about.
  refuse(filter, EPROTONOSUPPORT, SCMP_SYS(socket),
         {{0, SCMP_CMP_MASKED_EQ, kInt, AF_NETLINK}, {2, SCMP_CMP_NE, NETLINK_ROUTE, 0}});
  // libcurl wakes itself through a pair of streams, which are connected for good. Datagrams can be sent
  // elsewhere.
  constexpr scmp_datum_t kTypeMask = 0xf;
  for (scmp_datum_t type = 0; type <= kTypeMask; ++type) {
    if (type != SOCK_STREAM)
      refuse(filter, EPROTONOSUPPORT, SCMP_SYS(socketpair), {{1, SCMP_CMP_MASKED_EQ, kTypeMask, type}});
  }
}

/// Signals and limits for other processes, and typing into a terminal.
void refuse_reaching_out(scmp_filter_ctx filter) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  refuse(filter, EPERM, SCMP_SYS(kill), {{0, SCMP_CMP_NE, self, 0}});
  refuse(filter, EPERM, SCMP_SYS(tgkill), {{0, SCMP_CMP_NE, self, 0}});
  refuse(filter, EPERM, SCMP_SYS(prlimit64), {{0, SCMP_CMP_NE, 0, 0}});
  for (const scmp_datum_t request : {scmp_datum_t{TIOCSTI}, scmp_datum_t{TIOCLINUX}})
    refuse(filter, EPERM, SCMP_SYS(ioctl), {{1, SCMP_CMP_MASKED_EQ, kInt, request}});
}

void limit_calls() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                &seccomp_release);
  if (!filter)
    throw_errno("seccomp_init", ENOMEM);
  for (const char* name : kRefused) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0)
      check_seccomp(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0));
  }
  refuse_other_sockets(filter.get());
  refuse_reaching_out(filter.get());
  const int result = seccomp_load(filter.get());
  if (result != -EINVAL && result != -ENOSYS)  // a kernel without filters
    check_seccomp(result);
}

}  // namespace

void confine(const Reach& reach) {
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs");
  drop_capabilities();
  limit_files(reach);
  limit_calls();
}

}  // namespace bootstrap
