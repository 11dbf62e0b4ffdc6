// The order in which the packages of one stage are unpacked.
#pragma once

#include <vector>

#include "resolve/package_graph.h"

namespace bootstrap {

/// The packages of `stage` ordered so that what a package depends on comes before it. Packages that depend on
/// each other in a circle stand together, those that others of the circle pre-depend on first. A dependency
/// that `earlier` packages satisfy asks for no order. The same packages always give the same order: wherever
/// there is a choice, names decide.
std::vector<const PackageRecord*> install_order(const PackageGraph& graph, const PackageSet& earlier,
                                                const PackageSet& stage);

}  // namespace bootstrap
