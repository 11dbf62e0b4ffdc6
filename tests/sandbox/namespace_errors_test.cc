// What is said where the machine does not allow namespaces.
#include "sandbox/namespace_errors.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/worker.h"
#include "support/catch.h"
#include "test_programs.h"

using namespace bootstrap;

namespace {

/// The hint of the error that a worker comes to in a user namespace that may have none below it.
std::string hint_without_namespaces() {
  try {
    check(::unshare(CLONE_NEWUSER), "unshare");
    write_all(open_file("/proc/sys/user/max_user_namespaces", O_WRONLY).get(), "0");
    WorkerJob job;
    job.name = "echo";
    run_worker(test_worker(), IdRange{}, job, {});
    return "no error";
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kSandbox ? error.hint() : error.message();
  }
}

}  // namespace

TEST_CASE("namespaces that are switched off are said to be") {
  struct statvfs status{};
  REQUIRE(::statvfs("/proc/sys", &status) == 0);
  if ((status.f_flag & ST_RDONLY) != 0)
    return;  // in a container nobody can
  Pipe hint = make_pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    write_all(hint.write.get(), hint_without_namespaces());
    ::_exit(0);
  }
  hint.write.reset();
  CHECK(read_all(hint.read.get()) ==
        "user namespaces are switched off; as root: sysctl -w user.max_user_namespaces=15000");
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("what AppArmor refuses is told from what the kernel lacks") {
  CHECK(namespace_error("cannot mount", EACCES).hint().find("apparmor=unconfined") != std::string::npos);
  CHECK(namespace_error("cannot clone", EINVAL).hint().find("CONFIG_USER_NS") != std::string::npos);
}
