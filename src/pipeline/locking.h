// Which lock a build uses: cargo's behaviour. No lock: one is made. It fits the recipe: it is used as it is,
// without a look at the network. The recipe changed: it is refreshed, moving as few packages as possible.
// `--locked`: a lock that does not fit is an error.
#pragma once

#include <optional>
#include <vector>

#include "lock/lockfile.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"

namespace bootstrap {

enum class LockPolicy {
  kKeep,    ///< refresh only a lock that is missing or does not fit
  kLocked,  ///< never write one; throw kUsage when it is missing or does not fit
  kFresh,   ///< resolve anew from the newest indexes
};

/// A recipe with the lock that it is built from.
struct LockedRecipe {
  Recipe recipe;
  Lockfile lock;
  bool written = false;             ///< the lock file was made or changed
  std::vector<LockChange> changes;  ///< against the lock file that was there
};

/// The architecture a recipe is built for. Throws kUsage when it names several, or one that cannot be built
/// here.
std::string build_architecture(const Recipe& recipe);

/// Locks of a whole chain, root ancestor first; lock files are written where they changed. Indexes are loaded
/// once for recipes with equal repositories. Throws kUnsolvable with the explanation when no set of packages
/// fits.
std::vector<LockedRecipe> lock_chain(const RecipeChain& chain, LockPolicy policy, Workshop& workshop);

}  // namespace bootstrap
