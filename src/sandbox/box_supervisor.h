// PID 1 while the program runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "base/fd.h"
#include "sandbox/box.h"
#include "sandbox/probe_client.h"

namespace bootstrap {

/// A descriptor for reading the signals that PID 1 gets: that a child has ended, and what is for the program.
/// To be made before the first child is.
UniqueFd watch_signals();

/// Reaps orphans, probes the service, enforces the time limit, and ends the program when either is through.
class Supervisor {
 public:
  using Clock = std::chrono::steady_clock;

  Supervisor(const SandboxSpec& spec, int stop_signal, pid_t program, UniqueFd signals,
             Clock::time_point start);

  /// From now on enforces the memory limit too: for when the kernel does not.
  void watch_memory() { next_look_ = start_; }
  /// Returns when the program has ended.
  BoxOutcome run();

 private:
  bool reap();
  void wait_for_events();
  void check_time();
  void check_memory();
  void stop(SandboxResult::End reason);
  BoxOutcome outcome();

  const SandboxSpec& spec_;
  int stop_signal_;
  pid_t program_;
  UniqueFd signals_;
  Clock::time_point start_;
  Clock::time_point deadline_;  ///< of the run, then of the program's own shutting down
  std::optional<ProbeClient> probe_;
  Clock::time_point next_look_ = Clock::time_point::max();  ///< at the memory
  std::optional<SandboxResult::End> stopping_;
  int status_ = 0;
};

}  // namespace bootstrap
