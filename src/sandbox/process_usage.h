// What the processes of a box use, as PID 1 sees it several times a second: for the report, and for the
// memory limit where no cgroup is to be had. That is less exact than the kernel, which stops a process at the
// very page; but a limit on each process would not hold for many of them, and would count memory that is only
// reserved.
#pragma once

#include <cstdint>

namespace bootstrap {

struct ProcessUsage {
  std::uint64_t memory = 0;  ///< anonymous memory in bytes
  unsigned count = 0;
};

/// Of all processes of this PID namespace but this one, its PID 1, as /proc says: which may be that of a PID
/// namespace further out.
ProcessUsage usage_of_all_processes();

}  // namespace bootstrap
