// PID 1 while the program runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "sandbox/box.h"
#include "sandbox/prober.h"
#include "sandbox/shared_memory.h"

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

  /// Asks the program until it holds, and then stops it. Notes what it uses meanwhile.
  void probe(std::unique_ptr<Prober> prober);
  /// Enforces the memory limit too: for when the kernel does not. `file_systems`: see SharedMemory.
  void limit_memory(std::vector<UniqueFd> file_systems);
  /// Returns when the program has ended.
  BoxOutcome run();

 private:
  bool reap();
  void wait_for_events();
  void check_time();
  std::chrono::microseconds interval(std::uint64_t left) const;
  void look_at_processes();
  void stop(SandboxResult::End reason);
  BoxOutcome outcome();

  const SandboxSpec& spec_;
  int stop_signal_;
  pid_t program_;
  UniqueFd signals_;
  Clock::time_point start_;
  Clock::time_point deadline_;  ///< of the run, then of the program's own shutting down
  std::unique_ptr<Prober> prober_;
  Clock::time_point next_look_ = Clock::time_point::max();  ///< at the processes
  std::optional<SharedMemory> shared_;                      ///< when the memory is ours to limit
  std::uint64_t memory_peak_ = 0;
  unsigned pids_peak_ = 1;
  std::optional<SandboxResult::End> stopping_;
  int status_ = 0;
};

}  // namespace bootstrap
