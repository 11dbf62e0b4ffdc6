// Getting a lock's packages into the store: fetched, verified, and imported as segments while others still
// download.
#pragma once

#include <vector>

#include "package/segment.h"
#include "pipeline/locking.h"
#include "pipeline/workshop.h"
#include "rootfs/assemble.h"

namespace bootstrap {

/// The packages of one locked recipe with their segments, in the lock's order. What the store has already is
/// neither fetched nor imported again.
std::vector<StagedPackage> fetch_packages(const LockedRecipe& recipe, Workshop& workshop);

}  // namespace bootstrap
