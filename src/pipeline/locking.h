// Which lock a build uses: cargo's behaviour. No lock: one is made. It fits the recipe: it is used as it is,
// without a look at the network. The recipe changed: it is refreshed, moving as few packages as possible.
// `--locked`: a lock that does not fit is an error.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
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

/// Locks the chains of one run. A recipe that several chains share is locked once, and recipes with equal
/// repositories share their indexes.
class Locker {
 public:
  Locker(LockPolicy policy, Workshop& workshop);
  ~Locker();
  Locker(const Locker&) = delete;
  Locker& operator=(const Locker&) = delete;

  /// Locks of a whole chain, root ancestor first; lock files are written where they changed. Throws
  /// kUnsolvable with the explanation when no set of packages fits.
  /// `before_choosing` is called before an index is asked for, each time; what it throws comes out.
  std::vector<LockedRecipe> lock(const RecipeChain& chain, const std::function<void()>& before_choosing = {});

 private:
  LockedRecipe lock(const Recipe& recipe, const std::vector<LockedRecipe>& parents,
                    const std::function<void()>& before_choosing);

  class Indexes;
  LockPolicy policy_;
  Workshop& workshop_;
  std::unique_ptr<Indexes> indexes_;
  std::map<std::filesystem::path, LockedRecipe> done_;  ///< by recipe file
};

}  // namespace bootstrap
