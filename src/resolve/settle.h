// What to keep of packages that conflict with each other although nobody insists on either: two desktops
// recommend different sound servers. As apt does: every package has a score, and of two the lower one goes.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "resolve/package_graph.h"

namespace bootstrap {

/// How much the `marked` packages want each name, virtual ones included: by the priority of the package, by
/// the number of relations that name it (those of a wanted package count for more), by what it provides.
/// `roots` and Essential packages are far above all others.
std::unordered_map<std::string_view, int> package_scores(const PackageGraph& graph,
                                                         const std::vector<const PackageRecord*>& marked,
                                                         const PackageSet& roots);

/// The members of `marked`, in their order, without the losers of conflicts and what cannot do without them.
/// Protected packages stay even if they conflict.
std::vector<const PackageRecord*> settle_conflicts(const PackageGraph& graph,
                                                   const std::vector<const PackageRecord*>& marked,
                                                   const PackageSet& roots,
                                                   const PackageSet& protected_packages);

}  // namespace bootstrap
