// What the processes of a box use, as PID 1 sees it several times a second: for the report, and for the
// memory limit where no cgroup is to be had. That is less exact than the kernel, which stops a process at the
// very page; but a limit on each process would not hold for many of them, and would count memory that is only
// reserved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bootstrap {

struct ProcessUsage {
  std::uint64_t memory = 0;  ///< anonymous memory in bytes, also what of it was swapped out
  std::uint64_t mapped = 0;  ///< shared memory in bytes, counted by each process that has it mapped
  unsigned count = 0;
  /// Where in /proc each is that has memory: "7", or "7/task/9" when all but its threads has ended.
  std::vector<std::string> places;
};

/// Of all processes of this PID namespace but this one, its PID 1, as /proc says: which may be that of a PID
/// namespace further out.
ProcessUsage usage_of_all_processes();

}  // namespace bootstrap
