// Whether packages fit together is a question of the kind that takes for ever when somebody wants it to: a
// few dozen packages with the right conflicts between them are enough. libsolv cannot be told to give up, so
// it is asked in a process that can be ended.
#pragma once

#include <chrono>
#include <span>
#include <variant>
#include <vector>

#include "resolve/solv_pool.h"

namespace bootstrap {

/// SolvPool::solve() in a child process, which gets this much processor time; throws kUnsolvable when that is
/// not enough. The largest real set takes under a second.
std::variant<PackageSet, std::vector<SolverFact>> bounded_solve(
    SolvPool& pool, std::span<const PackageRecord* const> required,
    std::span<const PackageRecord* const> wished, std::chrono::seconds limit = std::chrono::seconds(30));

}  // namespace bootstrap
