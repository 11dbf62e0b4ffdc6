// Which pins of a lock may move, by the recipe's policy, and the lock that comes of it: as few as the policy
// needs, for each move is a risk of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lock/lockfile.h"
#include "recipe/recipe.h"
#include "resolve/catalogue.h"
#include "store/store.h"

namespace bootstrap {

/// Whether a lock was made for this recipe upon the last of these locks of its ancestors.
bool lock_fits(const Lockfile& lock, const Recipe& recipe, const std::vector<Lockfile>& parents);

/// The lock of `recipe` after an update from `previous`, upon `parents` (root ancestor first): `previous`
/// itself when it fits and the policy moves nothing. What the archive no longer lists is moved along with
/// other packages, unless it is held: then the store must have it. Throws kUnsolvable, and kFailure for a
/// held package that nobody has.
Lockfile plan_lock(const Recipe& recipe, const std::vector<Lockfile>& parents,
                   const std::optional<Lockfile>& previous, const Catalogue& catalogue, const Store& store);

}  // namespace bootstrap
