#include "sandbox/box_supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/process.h"
#include "sandbox/process_usage.h"
#include "sandbox/signals.h"

namespace bootstrap {

namespace {

// A look costs some ten microseconds a process. The nearer to the limit, the sooner comes the next: a process
// takes some gigabytes in a second. But most of the time is the program's, whatever there is to look at.
constexpr std::chrono::microseconds kInterval{50000};
constexpr std::chrono::microseconds kShortest{5000};
constexpr std::uint64_t kBytesInMicrosecond = 4000;
constexpr int kShareOfTime = 10;

}  // namespace

UniqueFd watch_signals() {
  sigset_t signals = forwarded_signals();
  sigaddset(&signals, SIGCHLD);
  check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
  return UniqueFd(check(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

Supervisor::Supervisor(const SandboxSpec& spec, int stop_signal, pid_t program, UniqueFd signals,
                       Clock::time_point start)
    : spec_(spec),
      stop_signal_(stop_signal),
      program_(program),
      signals_(std::move(signals)),
      start_(start),
      deadline_(spec.limits.wall.count() > 0 ? start + spec.limits.wall : Clock::time_point::max()) {}

void Supervisor::probe(std::unique_ptr<Prober> prober) {
  prober_ = std::move(prober);
  next_look_ = start_;
}

void Supervisor::limit_memory(std::vector<UniqueFd> file_systems) {
  shared_.emplace(std::move(file_systems));
  next_look_ = start_;
}

BoxOutcome Supervisor::run() {
  while (!reap()) {
    check_time();
    look_at_processes();
    if (prober_ && !stopping_) {
      prober_->advance();
      if (prober_->finished()) {
        next_look_ = start_;
        look_at_processes();  // once more, as it serves
        if (!stopping_)
          stop(SandboxResult::End::kStopped);
      }
    }
    wait_for_events();
  }
  return outcome();
}

/// Orphans become our children; true when the program itself has ended. Any other signal is for the program.
bool Supervisor::reap() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) > 0) {
    if (signal.ssi_signo != SIGCHLD)
      ::kill(-program_, static_cast<int>(signal.ssi_signo));
  }
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid == program_) {
      status_ = status;
      return true;
    }
  }
  return false;
}

void Supervisor::wait_for_events() {
  const bool probing = prober_ && !stopping_;
  Clock::time_point until = std::min(deadline_, next_look_);
  if (probing)
    until = std::min(until, prober_->wakeup());
  timespec timeout{};
  const auto left = std::max(Clock::duration::zero(), until - Clock::now());
  timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
  timeout.tv_nsec = (left % std::chrono::seconds(1)).count();
  std::array<pollfd, 2> fds{{{signals_.get(), POLLIN, 0},
                             {probing ? prober_->fd() : -1, probing ? prober_->events() : short{0}, 0}}};
  const bool forever = until == Clock::time_point::max();
  if (::ppoll(fds.data(), fds.size(), forever ? nullptr : &timeout, nullptr) < 0 && errno != EINTR)
    throw_errno("ppoll");
}

void Supervisor::check_time() {
  if (Clock::now() < deadline_)
    return;
  if (!stopping_)
    return stop(SandboxResult::End::kTimeout);
  ::kill(program_, SIGKILL);
  deadline_ = Clock::time_point::max();
}

/// Until the next look, where so many bytes are left.
std::chrono::microseconds Supervisor::interval(std::uint64_t left) const {
  if (!shared_)
    return kInterval;
  return std::clamp(std::chrono::microseconds(left / kBytesInMicrosecond), kShortest, kInterval);
}

void Supervisor::look_at_processes() {
  if (Clock::now() < next_look_)
    return;
  const Clock::time_point begin = Clock::now();
  const ProcessUsage usage = usage_of_all_processes();
  const std::uint64_t limit = spec_.limits.memory;
  const std::uint64_t memory = usage.memory + (shared_ ? shared_->in_use(usage, limit) : 0);
  memory_peak_ = std::max(memory_peak_, memory);
  pids_peak_ = std::max(pids_peak_, usage.count);
  const Clock::time_point now = Clock::now();
  next_look_ = now + std::max<Clock::duration>(interval(limit - std::min(limit, memory)),
                                               kShareOfTime * (now - begin));
  if (!shared_ || memory <= limit)
    return;
  // No time to shut down is given: it would be used to take more.
  stopping_ = SandboxResult::End::kOutOfMemory;
  next_look_ = deadline_ = Clock::time_point::max();
  ::kill(program_, SIGKILL);
}

void Supervisor::stop(SandboxResult::End reason) {
  stopping_ = reason;
  deadline_ = Clock::now() + spec_.limits.stop_grace;
  ::kill(-program_, stop_signal_);
  // A program that is suspended would never see it.
  ::kill(-program_, SIGCONT);
}

BoxOutcome Supervisor::outcome() {
  BoxOutcome outcome;
  outcome.wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
  outcome.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  if (stopping_) {
    outcome.end = *stopping_;
    if (outcome.end == SandboxResult::End::kTimeout) {
      const double seconds = std::chrono::duration<double>(spec_.limits.wall).count();
      outcome.problem = fmt::format("still running after {:g} s", seconds);
    }
  } else if (WIFSIGNALED(status_)) {
    outcome.end = SandboxResult::End::kSignalled;
    outcome.problem = "killed by " + signal_name(WTERMSIG(status_));
  } else {
    outcome.end = SandboxResult::End::kExited;
  }
  outcome.memory_peak = memory_peak_;
  outcome.pids_peak = pids_peak_;
  if (prober_) {
    prober_->give_up("the service " + describe_end(status_));
    outcome.probe = prober_->result();
  }
  return outcome;
}

}  // namespace bootstrap
