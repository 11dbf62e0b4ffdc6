#include "transfer/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
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
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
    return;  // what follows is landlock's work
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
