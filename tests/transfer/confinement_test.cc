#include "transfer/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "base/atomic_file.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// The error number with which `call` fails in a confined process; 0 when it does not fail.
int error_of(const Reach& reach, const std::function<long()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      confine(reach);
    } catch (...) {
      ::_exit(255);
    }
    ::_exit(call() < 0 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a confined process changes and reads nothing but what it is for") {
  const TemporaryDirectory directory;
  const std::filesystem::path store = directory.path() / "store";
  std::filesystem::create_directory(store);
  write_file(directory.path() / "secret", "x", Durability::kCache);
  write_file(directory.path() / "named", "x", Durability::kCache);
  const Reach reach{{store}, {directory.path() / "named", directory.path() / "absent"}};
  const auto opening = [&](const std::filesystem::path& path, int flags) {
    return error_of(reach, [=] { return ::open(path.c_str(), flags, 0600); });
  };
  CHECK(opening(store / "new", O_CREAT | O_RDWR) == 0);
  CHECK(opening(store / "new", O_RDWR | O_TRUNC) == 0);
  CHECK(opening(directory.path() / "named", O_RDONLY) == 0);
  CHECK(opening("/etc/passwd", O_RDONLY) == 0);
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
    // What follows is landlock's work.
    const char* const reason = "this kernel has no landlock: what the downloader may read was not tried";
    if (std::getenv("CI") != nullptr)
      FAIL(reason);
    WARN(reason);
    return;
  }
  CHECK(opening(directory.path() / "named", O_WRONLY) == EACCES);
  CHECK(opening(directory.path() / "secret", O_RDONLY) == EACCES);
  CHECK(opening("/etc/shadow", O_RDONLY) == EACCES);
  CHECK(opening("/dev/zero", O_RDONLY) == EACCES);
  CHECK(opening(directory.path() / "new", O_CREAT | O_WRONLY) == EACCES);
  CHECK(opening("/dev/null", O_WRONLY) == EACCES);
  CHECK(error_of(reach, [&] { return ::unlink((directory.path() / "secret").c_str()); }) == EACCES);
  CHECK(error_of(reach, [&] { return ::symlink("/etc/passwd", (store / "link").c_str()); }) == EACCES);
  CHECK(error_of(reach, [&] { return ::rename((store / "new").c_str(), (store / "newer").c_str()); }) == 0);
  CHECK(error_of(reach, [&] { return ::unlink((store / "newer").c_str()); }) == 0);
}

TEST_CASE("a confined process starts nothing, looks into nothing, and opens no rare sockets") {
  const Reach reach;
  CHECK(error_of(reach, [] { return ::execl("/bin/true", "true", nullptr); }) == EPERM);
  CHECK(error_of(reach, [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }) == EPERM);
  CHECK(error_of(reach, [] { return ::unshare(CLONE_NEWUSER); }) == EPERM);
  CHECK(error_of(reach, [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }) == EAFNOSUPPORT);
  CHECK(error_of(reach, [] { return ::socket(AF_VSOCK, SOCK_STREAM, 0); }) == EAFNOSUPPORT);
  CHECK(error_of(reach, [] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == 0);
  CHECK(error_of(reach, [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }) == EPERM);
}

TEST_CASE("a confined process reaches no socket of this machine, however it asks") {
  const Reach reach;
  constexpr long kHigh = 1L << 32;  // what of a register is no int
  const auto refused = [&](long call, long first, long second, long third = 0) {
    int pair[2];
    return error_of(reach, [=, &pair] { return ::syscall(call, first, second, third, pair); });
  };
  for (const long high : {0L, kHigh, -kHigh}) {
    CHECK(refused(SYS_socket, AF_UNIX | high, SOCK_STREAM) == EAFNOSUPPORT);
    CHECK(refused(SYS_socket, AF_VSOCK | high, SOCK_STREAM) == EAFNOSUPPORT);
    CHECK(refused(SYS_socket, AF_NETLINK | high, SOCK_RAW, NETLINK_AUDIT) == EPROTONOSUPPORT);
    CHECK(refused(SYS_socketpair, AF_UNIX | high, SOCK_DGRAM | high) == EPROTONOSUPPORT);
    CHECK(refused(SYS_socketpair, AF_UNIX | high, SOCK_SEQPACKET | SOCK_CLOEXEC) == EPROTONOSUPPORT);
    CHECK(refused(SYS_socketpair, AF_INET | high, SOCK_STREAM) == EAFNOSUPPORT);
  }
  CHECK(refused(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) == 0);
  CHECK(refused(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC) == 0);
}

TEST_CASE("a confined process does nothing to others") {
  const Reach reach;
  const pid_t parent = ::getpid();
  CHECK(error_of(reach, [=] { return ::kill(parent, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::kill(-1, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::kill(0, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::syscall(SYS_tgkill, parent, parent, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::syscall(SYS_tkill, parent, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::syscall(SYS_pidfd_open, parent, 0); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::prlimit(parent, RLIMIT_CPU, nullptr, nullptr); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::setpriority(PRIO_PROCESS, static_cast<id_t>(parent), 19); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::ioctl(0, TIOCSTI, "x"); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::syscall(SYS_ioctl, 0L, TIOCSTI | 1L << 32, "x"); }) == EPERM);
  CHECK(error_of(reach, [=] { return ::kill(::getpid(), 0); }) == 0);
  CHECK(error_of(reach, [] {
          rlimit limit{};
          return ::getrlimit(RLIMIT_NOFILE, &limit);
        }) == 0);
}
