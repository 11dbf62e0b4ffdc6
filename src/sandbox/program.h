// Starting the program of a box: as its user, with its few privileges, in a user namespace that owns nothing.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "sandbox/box.h"

namespace bootstrap {

struct StartedProgram {
  pid_t pid = -1;       ///< -1: it could not be executed
  int exit_code = 0;    ///< then: 127 not found, 126 anything else
  std::string problem;  ///< and why
};

/// To be called by PID 1 of the box, when all mounts are in place and it still has its capabilities.
///
/// The program gets a user namespace below that which owns all the other namespaces of the box. So even with
/// every capability of its own namespace it could not mount, nor touch the network; and as RLIMIT_NPROC holds
/// for a user namespace as a whole, the number of processes is bounded, whatever user ids they take, without
/// a cgroup. `confine_parent` is called when PID 1 has no more use for its capabilities, and before the
/// program can do anything.
StartedProgram start_program(const BoxPlan& plan, const std::function<void()>& confine_parent);

}  // namespace bootstrap
