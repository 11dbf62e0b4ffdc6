#include "sandbox/worker_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "sandbox/id_maps.h"
#include "sandbox/namespace_errors.h"
#include "sandbox/signals.h"

#ifdef __SANITIZE_THREAD__
extern "C" void __sanitizer_syscall_pre_impl_fork();
extern "C" void __sanitizer_syscall_post_impl_fork(long pid);
#endif

namespace bootstrap {

namespace {

// An image's layers and what is mounted into it.
constexpr int kMaximalPaths = 256;

enum class Step : int { kPaths, kIdentity, kDescriptors, kExecute };

struct Failure {
  Step step;
  int error;
};

/// All that the child needs. It is made before the clone, for between clone and exec only async-signal-safe
/// calls are allowed: another thread may have held the lock of malloc.
struct ChildPlan {
  int program;
  int go;       ///< a byte arrives here when the ids are mapped
  int failure;  ///< a Failure is written here; closed by a successful exec
  const int* sources;
  int count;
  const char* const* paths;
  int path_count;
  bool attended;
  char* const* argv;
  char* const* environment;
};

[[noreturn]] void fail(const ChildPlan& plan, Step step) {
  Failure failure{step, errno};
  [[maybe_unused]] ssize_t n = ::write(plan.failure, &failure, sizeof failure);
  ::_exit(127);
}

/// Still as the caller, who may open what the spare ids may not; but in the mount namespace of the worker.
/// The descriptors get numbers that are in nobody's way.
void open_paths(const ChildPlan& plan, int* opened) {
  for (int i = 0; i < plan.path_count; ++i) {
    const int fd = ::open(plan.paths[i], O_PATH | O_CLOEXEC);
    if (fd < 0 || (opened[i] = ::fcntl(fd, F_DUPFD_CLOEXEC, plan.count + plan.path_count)) < 0)
      fail(plan, Step::kPaths);
    ::close(fd);
  }
}

[[noreturn]] void become_worker(const ChildPlan& plan) {
  char byte = 0;
  ssize_t n;
  while ((n = ::read(plan.go, &byte, 1)) < 0 && errno == EINTR)
    continue;
  if (n != 1)
    ::_exit(127);
  // A session of its own: what is typed at our terminal reaches it by way of us only, and once.
  ::setsid();
  int opened[kMaximalPaths];
  open_paths(plan, opened);

  if (::syscall(SYS_setgroups, 0, nullptr) < 0 || ::syscall(SYS_setresgid, 0, 0, 0) < 0 ||
      ::syscall(SYS_setresuid, 0, 0, 0) < 0)
    fail(plan, Step::kIdentity);
  // A change of identity clears it, so it is set now, and then it is checked that the parent did not die
  // before.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd parent{plan.go, 0, 0};
  if (::poll(&parent, 1, 0) != 0)
    ::_exit(127);

  for (int i = 0; i < plan.count; ++i) {
    if (::dup2(plan.sources[i], i) < 0)
      fail(plan, Step::kDescriptors);
  }
  for (int i = 0; i < plan.path_count; ++i) {
    if (::dup2(opened[i], plan.count + i) < 0)
      fail(plan, Step::kDescriptors);
  }
  if (::syscall(SYS_close_range, plan.count + plan.path_count, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
    fail(plan, Step::kDescriptors);
  sigset_t blocked;
  sigemptyset(&blocked);
  if (plan.attended)
    blocked = forwarded_signals();
  ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
  ::umask(022);
  // By descriptor: the program may lie in a home directory which the spare ids cannot enter.
  ::syscall(SYS_execveat, plan.program, "", plan.argv, plan.environment, AT_EMPTY_PATH);
  fail(plan, Step::kExecute);
}

/// ThreadSanitizer must be told of a fork that goes past the C library: that the child's descriptors are not
/// the parent's, and that no other thread lives on in it to leave a lock.
long clone_as_fork(const clone_args& arguments) {
#ifdef __SANITIZE_THREAD__
  __sanitizer_syscall_pre_impl_fork();
#endif
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
#ifdef __SANITIZE_THREAD__
  const int error = errno;
  __sanitizer_syscall_post_impl_fork(pid);
  errno = error;
#endif
  return pid;
}

pid_t clone_child(int cgroup) {
  clone_args arguments{};
  // Its own PID namespace, so that nothing it started can outlive it; no network, for it needs none.
  arguments.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                    CLONE_CLEAR_SIGHAND;
  arguments.exit_signal = SIGCHLD;
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  const long pid = clone_as_fork(arguments);
  if (pid < 0)
    throw namespace_error("cannot create a user namespace", errno);
  return static_cast<pid_t>(pid);
}

UniqueFd open_program(const std::filesystem::path& path) {
  UniqueFd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!program)
    throw_errno("cannot open the worker program " + path.string());
  struct stat status{};
  check(::fstat(program.get(), &status), "fstat");
  if ((status.st_mode & S_IXOTH) == 0 || (status.st_mode & S_IROTH) == 0) {
    throw Error(ErrorKind::kSandbox,
                "the worker program " + path.string() + " cannot be executed by the spare user",
                "chmod o+rx " + path.string());
  }
  return program;
}

/// A copy of `fd` whose number is at least `minimum`, so that giving the child its numbers overwrites none.
UniqueFd duplicate_above(int fd, int minimum) {
  return UniqueFd(check(::fcntl(fd, F_DUPFD_CLOEXEC, minimum), "cannot copy a descriptor"));
}

/// File systems that cannot translate owners stay as they are.
void translate_owners(const std::vector<int>& mounts, pid_t worker) {
  if (mounts.empty())
    return;
  const UniqueFd ids = open_file("/proc/" + std::to_string(worker) + "/ns/user", O_RDONLY);
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_IDMAP;
  change.userns_fd = static_cast<std::uint64_t>(ids.get());
  for (int mount : mounts)
    ::mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change);
}

void report_failure(int failure_pipe, const std::filesystem::path& program) {
  Failure failure{};
  ssize_t n;
  while ((n = ::read(failure_pipe, &failure, sizeof failure)) < 0 && errno == EINTR)
    continue;
  if (n != static_cast<ssize_t>(sizeof failure))
    return;
  switch (failure.step) {
    case Step::kPaths:
      throw_errno("cannot open a directory for the worker", failure.error);
    case Step::kIdentity:
      throw namespace_error("cannot become root of a user namespace", failure.error);
    case Step::kDescriptors:
      throw_errno("cannot hand descriptors to the worker", failure.error);
    case Step::kExecute:
      throw_errno("cannot run the worker program " + program.string(), failure.error);
  }
}

}  // namespace

WorkerProcess::WorkerProcess(const WorkerStart& start, const IdRange& ids, const WorkerCgroup& cgroup) {
  const int count = static_cast<int>(start.fds.size());
  const int path_count = static_cast<int>(start.paths.size());
  const int total = count + path_count;
  if (path_count > kMaximalPaths)
    throw Error(ErrorKind::kFailure, "too many directories for one worker");
  std::vector<const char*> path_names;
  for (const std::filesystem::path& path : start.paths)
    path_names.push_back(path.c_str());
  std::vector<UniqueFd> copies;
  std::vector<int> sources;
  for (int fd : start.fds) {
    copies.push_back(duplicate_above(fd, total));
    sources.push_back(copies.back().get());
  }
  UniqueFd program_fd = open_program(start.program);
  program_fd = duplicate_above(program_fd.get(), total);
  Pipe go = make_pipe();
  UniqueFd go_read = duplicate_above(go.read.get(), total);
  Pipe failure = make_pipe();
  UniqueFd failure_write = duplicate_above(failure.write.get(), total);

  std::string name = "bootstrap-worker";
  std::string job_name = start.job;
  char* argv[] = {name.data(), job_name.data(), nullptr};
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C.UTF-8";
  char* environment[] = {path.data(), locale.data(), nullptr};
  ChildPlan plan{program_fd.get(),  go_read.get(), failure_write.get(), sources.data(), count,
                 path_names.data(), path_count,    start.attended,      argv,           environment};

  // Both threads of execution have the write end of `go`; the child must lose its copy to see our death.
  const int go_write = go.write.get();
  pid_ = clone_child(cgroup.birthplace());
  if (pid_ == 0) {
    ::close(go_write);
    become_worker(plan);
  }
  lifeline_ = std::move(go.write);
  failure.write.reset();
  failure_write.reset();
  try {
    write_id_maps(pid_, ids);
    translate_owners(start.translated, pid_);
    write_all(lifeline_.get(), "+");
    report_failure(failure.read.get(), start.program);
  } catch (...) {
    ::kill(pid_, SIGKILL);
    wait();
    throw;
  }
}

WorkerProcess::~WorkerProcess() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
    continue;
}

void WorkerProcess::signal(int number) const {
  if (pid_ > 0)  // kill() has other uses for other numbers
    ::kill(pid_, number);
}

int WorkerProcess::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR)
      throw_errno("waitpid");
  }
  pid_ = -1;
  return status;
}

}  // namespace bootstrap
