// In which stage of a build each package of a set is configured (design section 7).
#pragma once

#include <span>
#include <unordered_map>

#include "resolve/package_graph.h"
#include "resolve/roots.h"

namespace bootstrap {

using Stages = std::unordered_map<const PackageRecord*, unsigned>;

/// 0: Essential packages and what they depend on; 1: the rest of the variant; 2: what included packages need;
/// 3: the included packages themselves. Every stage holds together with those before it: a package that
/// was included but which a package of stage 2 depends on is in stage 2. Installed packages have no stage.
Stages assign_stages(const PackageGraph& graph, const PackageSet& set, std::span<const Root> roots,
                     bool recommends);

}  // namespace bootstrap
