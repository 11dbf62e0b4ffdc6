#include <fcntl.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>

#include "payload.h"

namespace {

void try_mounts() {
  report("mount", ::mount("none", "/", "tmpfs", 0, nullptr));
  report("umount", ::umount2("/proc/sys", MNT_DETACH));
  report("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  report("open_tree", ::syscall(SYS_open_tree, AT_FDCWD, "/", 1));
  report("chroot", ::chroot("/"));
  report("pivot_root", ::syscall(SYS_pivot_root, ".", "."));
}

void try_namespaces() {
  report("unshare-user", ::unshare(CLONE_NEWUSER));
  report("unshare-mount", ::unshare(CLONE_NEWNS));
  long pid = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0)
    ::_exit(0);
  report("clone-user", pid);
  report("clone3", ::syscall(SYS_clone3, nullptr, 0));
  report("setns", ::setns(::open("/proc/self/ns/net", O_RDONLY), 0));
}

void try_system_calls() {
  report("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  report("process_vm_readv", ::syscall(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0));
  report("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
  report("keyctl", ::syscall(SYS_keyctl, 0, 0));
  report("io_uring", ::syscall(SYS_io_uring_setup, 1, nullptr));
  report("userfaultfd", ::syscall(SYS_userfaultfd, 0));
  report("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
  report("sethostname", ::sethostname("x", 1));
  report("personality", ::personality(READ_IMPLIES_EXEC));
  report("TIOCSTI", ::syscall(SYS_ioctl, 0, TIOCSTI, "x"));
  // The kernel takes 32 bits of this argument; a filter that compares 64 lets it through.
  report("TIOCSTI-high", ::syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x"));
  rlimit raised{1 << 20, 1 << 20};
  report("setrlimit", ::setrlimit(RLIMIT_NOFILE, &raised));
  report("nice", ::setpriority(PRIO_PROCESS, 0, -10));
}

void try_sockets() {
  report("packet", ::socket(AF_PACKET, SOCK_RAW, 0));
  report("raw", ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  report("vsock", ::socket(AF_VSOCK, SOCK_STREAM, 0));
  report("alg", ::socket(AF_ALG, SOCK_SEQPACKET, 0));
  report("netlink-audit", ::socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
  report("netlink-netfilter", ::socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
  report("netlink-high", ::syscall(SYS_socket, 0x100000000UL | AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0x01010101);
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  report("internet", ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

void try_files() {
  report("core_pattern", ::open("/proc/sys/kernel/core_pattern", O_WRONLY));
  report("sysrq", ::open("/proc/sysrq-trigger", O_WRONLY));
  report("sys", ::open("/sys/kernel/uevent_helper", O_WRONLY));
  report("init-root", ::open("/proc/1/root", O_PATH | O_DIRECTORY));
  report("init-mem", ::open("/proc/1/mem", O_RDWR));
  report("init-exe", ::open("/proc/1/exe", O_RDONLY));
  report("init-environ", ::open("/proc/1/environ", O_RDONLY));
  report("init-fds", ::open("/proc/1/fd/0", O_RDONLY));
  report("init-maps", ::open("/proc/1/maps", O_RDONLY));
  report("null-chmod", ::chmod("/dev/null", 0600));
  report("null-chown", ::chown("/dev/null", 0, 0));
  report("null-unlink", ::unlink("/dev/null"));
  report("device", ::mknod("/dev/sda", S_IFBLK | 0600, ::makedev(8, 0)));
  int immutable = FS_IMMUTABLE_FL;
  report("immutable", ::ioctl(::open("/", O_RDONLY), FS_IOC_SETFLAGS, &immutable));
}

}  // namespace

int try_to_escape(const Arguments&) {
  try_mounts();
  try_namespaces();
  try_system_calls();
  try_sockets();
  try_files();
  return 0;
}
