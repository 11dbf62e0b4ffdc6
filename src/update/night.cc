#include "update/night.h"

#include <algorithm>
#include <set>

#include "resolve/unused_names.h"
#include "update/plan.h"

namespace bootstrap {

namespace {

void apply(const PolicyOverride& policy, UpdatePolicy& update) {
  update.allow = policy.allow.value_or(update.allow);
  update.max_age = policy.max_age.value_or(update.max_age);
  update.hold.insert(update.hold.end(), policy.hold.begin(), policy.hold.end());
}

NightRecipe with_lock(const RecipeChain& chain) {
  NightRecipe recipe{chain, {}, {}};
  try {
    recipe.lock = read_lock(lock_path(chain.back().file));
  } catch (const Error& error) {
    recipe.error = error;
  }
  return recipe;
}

/// The releases that it chooses from, or why there are none.
std::string known_of(const Archives& archives, const Recipe& recipe) {
  try {
    return archives.releases_of(recipe);
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

Night::Night(const std::vector<RecipeChain>& chains, const PolicyOverride& policy, Workshop& workshop)
    : workshop_(workshop) {
  std::set<std::filesystem::path> seen;
  for (const RecipeChain& chain : chains) {
    RecipeChain so_far;
    for (Recipe recipe : chain) {
      apply(policy, recipe.update);
      so_far.push_back(std::move(recipe));
      const std::filesystem::path& file = so_far.back().file;
      if (seen.insert(file).second)
        recipes_.push_back(with_lock(so_far));
    }
  }
  archives_ = ask();
}

std::unique_ptr<Archives> Night::ask() const {
  std::vector<Recipe> recipes;
  std::vector<Lockfile> locks;
  for (const NightRecipe& recipe : recipes_) {
    recipes.push_back(recipe.recipe());
    if (recipe.lock)
      locks.push_back(*recipe.lock);
  }
  return std::make_unique<Archives>(recipes, locks, workshop_);
}

bool Night::ask_again() {
  std::unique_ptr<Archives> now = ask();
  bool changed = std::any_of(recipes_.begin(), recipes_.end(), [&](const NightRecipe& recipe) {
    return known_of(*now, recipe.recipe()) != known_of(*archives_, recipe.recipe());
  });
  archives_ = std::move(now);
  return changed;
}

/// For a lock that fits: it names its parent's by digest, and so on up.
std::string Night::quiet_key(const NightRecipe& recipe) const {
  const UpdatePolicy& update = recipe.recipe().update;
  Json key = {{"lock", lock_digest(*recipe.lock).hex()},
              {"allow", name_of(update.allow)},
              {"hold", update.hold},
              {"releases", archives_->releases_of(recipe.recipe())}};
  return "quiet-" + Digest::of(compact_json(key)).hex();
}

Pending Night::plan(const NightRecipe& recipe, const std::vector<Lockfile>& parents) {
  if (recipe.error)
    throw Error(*recipe.error);
  Pending pending;
  bool fits = recipe.lock && lock_fits(*recipe.lock, recipe.recipe(), parents);
  const std::string key = fits ? quiet_key(recipe) : "";
  if (fits && workshop_.store.get(Store::Area::kReport, key)) {
    pending.lock = *recipe.lock;
    return pending;
  }
  workshop_.reporter.stage(recipe.recipe().name, "choosing packages");
  const Catalogue& catalogue = archives_->catalogue_of(recipe.recipe());
  for (const std::string& note : unused_names(
           recipe.recipe(), catalogue, recipe.lock ? recipe.lock->packages : std::vector<LockedPackage>{}))
    workshop_.reporter.note(recipe.recipe().name, note);
  pending.lock = plan_lock(recipe.recipe(), parents, recipe.lock, catalogue, workshop_.store);
  pending.lock_moves = !recipe.lock || pending.lock != *recipe.lock;
  if (!pending.lock_moves)
    workshop_.store.put(Store::Area::kReport, key, "");
  else if (recipe.lock)
    pending.moves = compare_packages({*recipe.lock}, {pending.lock});
  return pending;
}

}  // namespace bootstrap
