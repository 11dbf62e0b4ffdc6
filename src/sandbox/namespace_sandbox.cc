// The outer side of the box: starts its PID 1, collects what the program writes, and takes the report.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "sandbox/box.h"
#include "sandbox/box_cgroup.h"
#include "sandbox/box_mounts.h"
#include "sandbox/captured_output.h"
#include "sandbox/namespace_errors.h"
#include "sandbox/sandbox.h"
#include "sandbox/signals.h"

namespace bootstrap {

namespace {

// Output of so many times the kept size ends the run.
constexpr std::uint64_t kFloodFactor = 16;
constexpr std::size_t kMaximalReport = 4 << 20;

/// The first process of a new PID namespace. Killed, and all in it, with this object.
class BoxProcess {
 public:
  /// Forks; returns in both processes. fork() and not clone(): the child goes on using the heap, which only
  /// fork() leaves in order when another thread was in malloc.
  BoxProcess() {
    UniqueFd own = open_file("/proc/self/ns/pid", O_RDONLY);
    if (::unshare(CLONE_NEWPID) < 0)
      throw namespace_error("cannot create the PID namespace of the sandbox", errno);
    pid_ = ::fork();
    if (pid_ == 0)
      return;
    const int error = errno;
    // Children of this thread are to be born outside of the box again.
    check(::setns(own.get(), CLONE_NEWPID), "setns");
    if (pid_ < 0)
      throw_errno("fork", error);
  }
  ~BoxProcess() {
    if (pid_ > 0) {
      kill();
      wait();
    }
  }
  BoxProcess(const BoxProcess&) = delete;
  BoxProcess& operator=(const BoxProcess&) = delete;

  bool is_child() const { return pid_ == 0; }
  void kill() { ::kill(pid_, SIGKILL); }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR)
        break;
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

UniqueFd copy_fd(int fd) {
  return UniqueFd(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "cannot copy a descriptor"));
}

/// Reads the box's pipes until the box is gone.
class Listener {
 public:
  Listener(UniqueFd out, UniqueFd err, UniqueFd report, std::uint64_t kept)
      : sources_{std::move(out), std::move(err), std::move(report)}, kept_(kept), out_(kept), err_(kept) {}

  /// Kills the box when there is too much output.
  void listen(BoxProcess& box) {
    while (sources_[0] || sources_[1] || sources_[2]) {
      std::array<pollfd, 3> fds{};
      for (std::size_t i = 0; i < fds.size(); ++i)
        fds[i] = {sources_[i].get(), POLLIN, 0};
      if (::poll(fds.data(), fds.size(), -1) < 0) {
        if (errno == EINTR)
          continue;
        throw_errno("poll");
      }
      for (std::size_t i = 0; i < fds.size(); ++i) {
        if (fds[i].revents != 0)
          take(i);
      }
      if (!flooded_ && out_.total() + err_.total() > kFloodFactor * kept_) {
        flooded_ = true;
        box.kill();
      }
    }
  }

  bool flooded() const { return flooded_; }
  std::string out() const { return out_.text(); }
  std::string err() const { return err_.text(); }
  const std::string& report() const { return report_; }

 private:
  void take(std::size_t index) {
    ssize_t n = ::read(sources_[index].get(), buffer_.data(), buffer_.size());
    if (n < 0 && errno == EINTR)
      return;
    if (check(n, "read from the sandbox") == 0) {
      sources_[index].reset();
      return;
    }
    std::string_view data(buffer_.data(), static_cast<std::size_t>(n));
    if (index == 0) {
      out_.append(data);
    } else if (index == 1) {
      err_.append(data);
    } else if (report_.size() + data.size() <= kMaximalReport) {
      report_.append(data);
    }
  }

  std::array<UniqueFd, 3> sources_;
  std::uint64_t kept_;
  CapturedOutput out_;
  CapturedOutput err_;
  std::string report_;
  bool flooded_ = false;
  std::array<char, 65536> buffer_;
};

class NamespaceSandbox : public Sandbox {
 public:
  SandboxResult run(const SandboxSpec& spec) override {
    if (spec.argv.empty())
      throw Error(ErrorKind::kFailure, "there is no program to run");
    std::optional<int> stop_signal = parse_signal(spec.stop_signal);
    if (!stop_signal)
      throw Error(ErrorKind::kFailure, "there is no signal " + spec.stop_signal);
    // Entering a group takes the kernel some 15 ms. That is nothing for a service, but for a stage's scripts,
    // whose limit is only there for what runs wild, PID 1's own watch will do.
    const bool service = spec.profile == SandboxProfile::kService;
    std::unique_ptr<BoxCgroup> cgroup = service ? BoxCgroup::make(spec.limits.memory) : nullptr;
    BoxPlan plan{spec,
                 find_identity(spec.root, spec.user),
                 *stop_signal,
                 cgroup.get(),
                 copy_tree_mount(spec),
                 {},
                 {},
                 {},
                 {}};
    Pipe report = make_pipe();
    plan.report = std::move(report.write);
    UniqueFd out;
    UniqueFd err;
    connect_stdio(plan, out, err);

    BoxProcess box;
    if (box.is_child())
      run_box(std::move(plan));
    plan.input.reset();
    plan.output.reset();
    plan.error.reset();
    plan.report.reset();
    plan.tree.reset();
    Listener listener(std::move(out), std::move(err), std::move(report.read), spec.limits.output);
    listener.listen(box);
    const int status = box.wait();
    const std::uint64_t oom_kills = cgroup ? cgroup->oom_kills() : 0;
    SandboxResult result = result_of(listener, status, oom_kills);
    if (result.end == SandboxResult::End::kOutOfMemory)
      result.problem = fmt::format("needed more than {} MiB of memory", spec.limits.memory >> 20);
    if (service && !cgroup)
      result.degraded.emplace_back("memory is limited by watching, not by a cgroup: only root can make one");
    return result;
  }

 private:
  static void connect_stdio(BoxPlan& plan, UniqueFd& out, UniqueFd& err) {
    if (plan.spec.inherit_stdio) {
      plan.input = copy_fd(STDIN_FILENO);
      plan.output = copy_fd(STDOUT_FILENO);
      plan.error = copy_fd(STDERR_FILENO);
      return;
    }
    plan.input = open_file("/dev/null", O_RDONLY);
    Pipe out_pipe = make_pipe();
    Pipe err_pipe = make_pipe();
    // Programs reopen /dev/stdout and /dev/stderr, which needs a right on the pipe itself.
    for (int fd : {out_pipe.write.get(), err_pipe.write.get()})
      check(::fchown(fd, plan.identity.uid, plan.identity.gid), "fchown");
    out = std::move(out_pipe.read);
    err = std::move(err_pipe.read);
    plan.output = std::move(out_pipe.write);
    plan.error = std::move(err_pipe.write);
  }

  static SandboxResult result_of(const Listener& listener, int status, std::uint64_t oom_kills) {
    SandboxResult result;
    result.out = listener.out();
    result.err = listener.err();
    result.exit_code = 128 + SIGKILL;
    if (listener.flooded()) {
      result.end = SandboxResult::End::kOutputLimit;
      result.problem = "wrote too much output";
      return result;
    }
    if (listener.report().empty()) {
      // PID 1 is the last that the kernel would choose, but it may.
      result.end = SandboxResult::End::kOutOfMemory;
      if (oom_kills == 0)
        throw Error(ErrorKind::kFailure, "the sandbox's init " + describe_end(status) + " without a report");
      return result;
    }
    BoxOutcome outcome = parse_report(listener.report());
    result.end = outcome.end;
    result.exit_code = outcome.exit_code;
    result.problem = std::move(outcome.problem);
    result.probe = std::move(outcome.probe);
    result.wall = outcome.wall;
    result.degraded = std::move(outcome.degraded);
    // A program may survive that one of its processes was killed, and then it did not fail for want of
    // memory.
    if (oom_kills > 0 && result.end != SandboxResult::End::kStopped && result.exit_code != 0)
      result.end = SandboxResult::End::kOutOfMemory;
    return result;
  }
};

}  // namespace

std::unique_ptr<Sandbox> make_namespace_sandbox() {
  return std::make_unique<NamespaceSandbox>();
}

}  // namespace bootstrap
