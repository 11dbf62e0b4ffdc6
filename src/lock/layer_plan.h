// Which package goes into which layer. Packages of one source are patched together, so they share a layer;
// what is large has a layer of its own; the small rest is spread evenly. A package that already had a layer
// in the previous lock keeps it: an update never reshuffles other packages.
#pragma once

#include <optional>

#include "lock/lockfile.h"

namespace bootstrap {

/// Sets `layer` of every package of `lock`, using at most `max_layers` (at least 1) package layers, numbered
/// from 0 without gaps. A function of the two locks only, whatever the order of equal-sized packages.
void plan_layers(Lockfile& lock, const std::optional<Lockfile>& previous, unsigned max_layers);

}  // namespace bootstrap
