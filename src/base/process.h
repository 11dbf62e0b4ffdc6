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

}  // namespace bootstrap
