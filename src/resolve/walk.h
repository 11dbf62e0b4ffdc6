// The choice of packages: a greedy walk along the dependencies that picks what apt picks. A SAT solver finds
// a set too, but another one; people expect Debian's. docs/resolver.md has the rules and how they were
// checked.
#pragma once

#include <span>
#include <vector>

#include "resolve/mention_order.h"
#include "resolve/package_graph.h"

namespace bootstrap {

struct WalkResult {
  PackageSet set;                           ///< the roots, if they could be kept, and what they pull in
  std::vector<const PackageRecord*> order;  ///< of `set`, as they were chosen
  bool complete = false;                    ///< every root is in the set and has its dependencies
};

/// Walks from `roots`, which protect each other from removal. Installed packages count as chosen. Never
/// throws for an unsolvable request: what it could not do is missing, and `complete` is false.
WalkResult walk(const PackageGraph& graph, MentionOrder& mentions,
                std::span<const PackageRecord* const> roots, bool recommends);

/// The part of `set` that `roots` and essential packages need, recommend or suggest: apt does not install
/// what only a failed branch had asked for.
PackageSet reachable(const PackageGraph& graph, const PackageSet& set,
                     std::span<const PackageRecord* const> roots);

}  // namespace bootstrap
