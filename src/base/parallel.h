// Independent pieces of work on several cores.
#pragma once

#include <cstddef>
#include <functional>

namespace bootstrap {

/// Calls work(0) ... work(count - 1), each once, on up to `jobs` threads, and returns when all are done.
/// Indexes are handed out in rising order, so put the largest pieces first. If one throws, no new piece is
/// started and the exception of the lowest index is rethrown.
void parallel_for(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work);

/// The number of cores this process may use (its affinity mask), at least 1.
unsigned available_cores();

}  // namespace bootstrap
