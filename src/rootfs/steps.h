// A recipe is assembled in steps, one per stage of its lock, and the state at the end of each step is kept:
// when only what comes last has changed, as in most updates, the steps before it are not run again.
//
// A clean build takes the same steps and puts the tree into the same condition after each, so it makes no
// difference to the result which of them were found in the store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rootfs/assemble.h"

namespace bootstrap {

struct Step {
  std::string key;  ///< names the state at its end
  std::vector<StagedPackage> packages;
  std::int64_t newest_mtime = 0;  ///< of all packages up to here: SOURCE_DATE_EPOCH of its scripts
};

/// At least one. Without scripts there is one for all stages, for it costs next to nothing.
std::vector<Step> steps_of(const AssembleRequest& request);

}  // namespace bootstrap
