// Child processes: programs that we run and wait for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bootstrap {

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal number when a signal ended it, as shells say it
  std::string out;
  std::string err;
};

/// Runs argv[0] (looked up in PATH) to its end with the environment of this process and `input` on its
/// standard input. Output is captured. Throws only when it cannot be started.
ProcessResult run_process(const std::vector<std::string>& argv, const std::string& input = {});

/// "SIGSEGV"; "signal 33" for one without a name.
std::string signal_name(int number);

/// How a process ended, from its wait(2) status: "exited with 3", "was killed by SIGSEGV".
std::string describe_end(int status);

}  // namespace bootstrap
