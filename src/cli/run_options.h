// The options of `bootstrap run`, as docker has them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace bootstrap {

/// As they were typed.
struct RunOptions {
  RunArguments arguments;
  std::vector<std::string> env;
  std::vector<std::string> volumes;
  std::vector<std::string> ports;
  std::vector<std::string> added_capabilities;
  std::vector<std::string> dropped_capabilities;
  std::string entrypoint;
  std::string memory;
  std::string network = "none";
  std::vector<std::string> reachable;
  std::string timeout;

  /// Throws kUsage, naming the option, for a value that is none.
  RunArguments complete() const;
};

void add_run_options(CLI::App& verb, RunOptions& options);

}  // namespace bootstrap
