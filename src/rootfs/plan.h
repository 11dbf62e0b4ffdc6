// What the worker is told: the request with its segments named instead of spelled out. Crosses over as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "recipe/recipe.h"
#include "rootfs/assemble.h"
#include "rootfs/steps.h"

namespace bootstrap {

struct PlannedPackage {
  std::string segment;  ///< its key in the store
  bool raw = false;     ///< as Segment::raw
  unsigned stage = 0;
};

/// Packages that are configured already, and the state they were left in.
struct PlannedParent {
  std::vector<PlannedPackage> packages;
  std::map<std::string, std::set<std::string>> masked;
  std::string state;  ///< path of its tar below the store's root
};

struct PlannedStep {
  std::vector<PlannedPackage> packages;
  std::int64_t newest_mtime = 0;  ///< SOURCE_DATE_EPOCH
};

struct AssemblePlan {
  std::string architecture;
  std::string hostname;
  std::vector<PlannedParent> parents;
  std::optional<PlannedParent> done;  ///< the recipe's own steps whose state is there
  std::vector<PlannedStep> steps;     ///< those to take
  std::vector<std::string> debconf;
  std::vector<UserAccount> users;
  StateRules state;       ///< the recipe's own
  bool repeated = false;  ///< the steps were taken before, and are taken again in other surroundings
};

/// Takes `steps` from the first whose state is not there; `done` is the state before it, if it is not a
/// parent's.
AssemblePlan make_plan(const AssembleRequest& request, std::span<const Step> steps, std::size_t first,
                       const AssembledState* done, const Store& store);

Json to_json(const AssemblePlan& plan);
AssemblePlan plan_from_json(const Json& json);

Json to_json(const UserAccount& user);

}  // namespace bootstrap
