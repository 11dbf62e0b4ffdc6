// Why each package is in a set, for `bootstrap why`.
#pragma once

#include <span>
#include <string>
#include <unordered_map>

#include "resolve/package_graph.h"
#include "resolve/roots.h"

namespace bootstrap {

/// ChosenPackage::reason of every package: a root's own, otherwise the relation that reaches the package
/// first on a shortest way from the roots (hard dependencies before Recommends and Suggests).
std::unordered_map<const PackageRecord*, std::string> find_reasons(const PackageGraph& graph,
                                                                   const PackageSet& set,
                                                                   std::span<const Root> roots);

}  // namespace bootstrap
