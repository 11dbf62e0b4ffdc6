// From a request to a lock: candidates with pins, a walk that picks as apt does, libsolv as the proof that
// the set holds and as the explainer when none does. shared: docs/resolver.md explains the choices.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lock/lockfile.h"
#include "recipe/recipe.h"
#include "repo/repo_index.h"
#include "resolve/catalogue.h"

namespace bootstrap {

struct ResolveRequest {
  std::string architecture;
  PackageSelection packages;
  /// The parent recipe's packages (its parents' included): in the set already, not to be chosen again.
  std::vector<LockedPackage> installed;
  /// The packages of the present lock: kept at these versions while the index (or `keep_unlisted`) allows.
  /// Empty: newest candidates.
  std::vector<LockedPackage> preferred;
};

struct ChosenPackage {
  const PackageRecord* record = nullptr;
  unsigned stage = 0;  ///< LockedPackage::stage
  std::string
      reason;  ///< "requested", "Essential", "Priority: required", "nginx Depends nginx-common (= 1.22.1-9)"
};

/// In install order: within a stage, Pre-Depends before their users, otherwise dependencies before dependents
/// where there is no cycle.
struct Solution {
  std::vector<ChosenPackage> packages;
};

/// Why there is no set: a tree of packages and reasons.
struct Unsolvable {
  struct Node {
    std::string text;
    std::vector<Node> children;
  };
  std::vector<Node> problems;
  /// The tree as indented text, one reason per line.
  std::string text() const;
};

std::variant<Solution, Unsolvable> resolve(const Catalogue& catalogue, const ResolveRequest& request);

/// The solution as the lock of `recipe`; `layer` of each package is left 0 for plan_layers().
Lockfile make_lock(const Recipe& recipe, const std::string& architecture, const RepoIndex& index,
                   const Solution& solution, const std::optional<LockedParent>& parent);

}  // namespace bootstrap
