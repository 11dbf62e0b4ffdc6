// One night's look at a set of recipes: which of them have something pending, parents before those that
// extend them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lock/lockfile.h"
#include "pipeline/locking.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"
#include "update/archives.h"
#include "update/fixes.h"

namespace bootstrap {

/// Command line's say over the recipes' policies.
struct PolicyOverride {
  std::optional<UpdatePolicy::Allow> allow;
  std::vector<std::string> hold;  ///< in addition
  std::optional<std::chrono::hours> max_age;
};

/// A recipe of the night, its policy settled.
struct NightRecipe {
  RecipeChain chain;             ///< root ancestor first, the recipe itself last
  std::optional<Lockfile> lock;  ///< as it is on disk
  std::optional<Error> error;    ///< why its lock cannot be read
  const Recipe& recipe() const { return chain.back(); }
};

/// What would become of a recipe.
struct Pending {
  Lockfile lock;            ///< what it would be built from; the present one when nothing moves
  bool lock_moves = false;  ///< it differs from the present one
  std::vector<Move> moves;  ///< of this recipe's own packages
};

class Night {
 public:
  /// All recipes of the chains, each once, parents first. Reads locks; asks the archives for their releases.
  /// Nothing else is fetched yet. What cannot be read or reached is said by plan() of the recipes that need
  /// it.
  Night(const std::vector<RecipeChain>& chains, const PolicyOverride& policy, Workshop& workshop);

  const std::vector<NightRecipe>& recipes() const { return recipes_; }
  /// The plan for a recipe upon the locks of its ancestors, as they are to be. A plan that came to nothing
  /// before, with the same locks, policy and releases, is not made again. Throws why there can be no plan.
  Pending plan(const NightRecipe& recipe, const std::vector<Lockfile>& parents);
  /// Asks the archives again; false when they have nothing new either.
  bool ask_again();

 private:
  std::string quiet_key(const NightRecipe& recipe) const;
  std::unique_ptr<Archives> ask() const;

  Workshop& workshop_;
  std::vector<NightRecipe> recipes_;
  std::unique_ptr<Archives> archives_;
};

}  // namespace bootstrap
