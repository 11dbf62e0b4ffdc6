// The memory limit of a box where no cgroup is to be had: PID 1 looks, several times a second, how much all
// processes have. Less exact than the kernel, which stops a process at the very page; but a limit on each
// process would not hold for many of them, and would count memory that is only reserved.
#pragma once

#include <cstdint>

namespace bootstrap {

/// Anonymous memory of all processes of this PID namespace but this one, in bytes, as /proc says.
std::uint64_t memory_of_all_processes();

}  // namespace bootstrap
