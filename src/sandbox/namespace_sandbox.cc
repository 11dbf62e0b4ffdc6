// The outer side of the box: starts its PID 1, collects what the program writes, and takes the report.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>

#include "base/error.h"
#include "base/process.h"
#include "sandbox/box.h"
#include "sandbox/box_cgroup.h"
#include "sandbox/box_stdio.h"
#include "sandbox/call_watch.h"
#include "sandbox/id_range.h"
#include "sandbox/namespace_errors.h"
#include "sandbox/privileges.h"
#include "sandbox/sandbox.h"
#include "sandbox/signals.h"
#include "sandbox/written_paths.h"

namespace bootstrap {

namespace {

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
      signal(SIGKILL);
      wait();
    }
  }
  BoxProcess(const BoxProcess&) = delete;
  BoxProcess& operator=(const BoxProcess&) = delete;

  bool is_child() const { return pid_ == 0; }
  void signal(int number) {
    if (pid_ > 0)  // kill() has other uses for other numbers
      ::kill(pid_, number);
  }
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

class NamespaceSandbox : public Sandbox {
 public:
  SandboxResult run(const SandboxSpec& spec) override {
    if (spec.argv.empty())
      throw Error(ErrorKind::kFailure, "there is no program to run");
    std::optional<int> stop_signal = parse_signal(spec.stop_signal);
    if (!stop_signal)
      throw Error(ErrorKind::kFailure, "there is no signal " + spec.stop_signal);
    const BoxCgroup cgroup(spec.limits);
    BoxPlan plan{spec, find_identity(spec.root, spec.user), *stop_signal, cgroup, prepare_mounts(spec)};
    if (spec.probe && std::holds_alternative<ExecProbe>(spec.probe->question))
      plan.commands = CommandChannel{make_pipe(), make_pipe()};
    WatchChannel watch;
    if (spec.known_calls)
      watch = make_watch_channel();
    plan.call_watch = std::move(watch.program);
    Pipe report = make_pipe();
    plan.report = std::move(report.write);
    BoxStreams streams = connect_stdio(plan);

    std::future<std::vector<int>> calls;  // outlives the box, without which it comes to an end
    BoxProcess box;
    if (box.is_child())
      run_box(std::move(plan));
    if (spec.known_calls)
      calls = std::async(std::launch::async, watch_calls, std::move(watch.watcher));
    const CapabilitySet capabilities = capabilities_of(spec, plan.identity.uid);
    const UniqueFd changes = std::move(plan.mounts.changes);
    // What is the box's must not stay open here: an end of file comes when nobody has the other end.
    {
      const BoxPlan closed = std::move(plan);
    }
    BoxListener listener(std::move(streams), std::move(report.read), spec.limits.output);
    listener.listen([&box](int number) { box.signal(number); });
    const int status = box.wait();
    SandboxResult result = result_of(listener, status, cgroup.oom_kills());
    result.capabilities = capabilities;
    if (calls.valid())
      result.calls = calls.get();
    if (listener.write_error() != 0) {
      result.problem +=
          fmt::format("{}what it wrote could not be written: {}", result.problem.empty() ? "" : "; ",
                      std::strerror(listener.write_error()));
    }
    if (spec.profile == SandboxProfile::kService) {
      result.written = written_paths(changes.get(), spec.root);
      judge_limits(cgroup, spec.limits, result);
    }
    if (maps_users(read_file("/proc/self/uid_map"))) {
      result.degraded.emplace_back("ids are shared with this container's users: it has no spare ones");
      result.weakened = true;
    }
    const std::uint64_t limit = spec.limits.memory >> 20;
    if (result.end == SandboxResult::End::kOutOfMemory)
      result.problem = fmt::format("needed more than {} MiB of memory", limit);
    else if (result.end == SandboxResult::End::kStopped && cgroup.oom_kills() > 0)
      result.problem =
          fmt::format("a process was killed when all together needed more than {} MiB of memory", limit);
    return result;
  }

 private:
  /// What the limits had to do with the end, and which could not be set.
  static void judge_limits(const BoxCgroup& cgroup, const SandboxLimits& limits, SandboxResult& result) {
    result.memory_peak = std::max(result.memory_peak, cgroup.memory_peak());
    // Without a group nobody counts what was refused; but then PID 1 looks how many there are.
    const bool out_of_processes =
        cgroup.limits_pids() ? cgroup.refused_processes() > 0 : result.pids_peak + 1 >= limits.pids;
    const bool failed =
        (result.end == SandboxResult::End::kExited || result.end == SandboxResult::End::kSignalled) &&
        result.exit_code != 0;
    if (out_of_processes && failed)
      result.end = SandboxResult::End::kOutOfProcesses;
    if (out_of_processes && (failed || result.end == SandboxResult::End::kTimeout)) {
      result.problem +=
          fmt::format("{}wanted more than {} processes", result.problem.empty() ? "" : "; ", limits.pids);
    }
    if (!cgroup.limits_memory())
      result.degraded.emplace_back("memory is limited by watching: no cgroup could be made for that");
    if (limits.cpus > 0 && !cgroup.limits_cpus())
      result.degraded.emplace_back("CPU time is not limited: no cgroup could be made for that");
  }

  static SandboxResult result_of(const BoxListener& listener, int status, std::uint64_t oom_kills) {
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
    result.weakened = outcome.weakened;
    result.memory_peak = outcome.memory_peak;
    result.pids_peak = outcome.pids_peak;
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
