// PID 1 of the box: makes the box around itself, starts the program, watches it, probes it, ends it, and dies
// with it, which kills whatever the program left behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "sandbox/box_cgroup.h"
#include "sandbox/box_mounts.h"
#include "sandbox/command_server.h"
#include "sandbox/sandbox.h"
#include "sandbox/user_lookup.h"

namespace bootstrap {

/// What PID 1 is given; made outside, where mistakes can be reported by exception.
struct BoxPlan {
  const SandboxSpec& spec;
  Identity identity;
  int stop_signal = 0;
  const BoxCgroup& cgroup;  ///< where it cannot limit the memory, PID 1 watches that itself
  BoxMounts mounts = {};
  UniqueFd input = {};   ///< the program's standard input
  UniqueFd output = {};  ///< its standard output
  UniqueFd error = {};   ///< and error
  UniqueFd report = {};  ///< one line of JSON goes here at the end: {"outcome": ...} or {"error": ...}
  std::optional<CommandChannel> commands = {};  ///< for an ExecProbe
  UniqueFd call_watch = {};  ///< the program's end of a WatchChannel, if its calls are watched
  BoxView view = {};         ///< known when the tree has been entered
};

/// Runs as the first process of a new PID namespace. Never returns.
[[noreturn]] void run_box(BoxPlan plan);

/// How the program ended, as PID 1 saw it.
struct BoxOutcome {
  SandboxResult::End end = SandboxResult::End::kNotStarted;
  int exit_code = 0;
  std::string problem;
  std::optional<ProbeResult> probe;
  std::chrono::microseconds wall{0};
  std::vector<std::string> degraded;
  bool weakened = false;
  std::uint64_t memory_peak = 0;
  unsigned pids_peak = 0;
};

/// The outcome in the report, or the error thrown that it carries.
BoxOutcome parse_report(const std::string& report);

}  // namespace bootstrap
