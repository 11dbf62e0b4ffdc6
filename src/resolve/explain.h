// Why a request has no solution, in words: the solver's facts as a tree from what was asked for down to what
// cannot be. The idea is libmamba's: all facts of all problems as one graph, printed once.
#pragma once

#include <span>
#include <vector>

#include "resolve/package_graph.h"
#include "resolve/roots.h"
#include "resolve/solv_pool.h"

namespace bootstrap {

Unsolvable explain(const PackageGraph& graph, std::span<const Root> roots, std::span<const SolverFact> facts);

}  // namespace bootstrap
