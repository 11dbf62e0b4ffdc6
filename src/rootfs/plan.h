// What the worker is told: the request with its segments named instead of spelled out. Crosses over as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "recipe/recipe.h"
#include "rootfs/assemble.h"

namespace bootstrap {

struct PlannedPackage {
  std::string segment;  ///< its key in the store
  unsigned stage = 0;
};

struct PlannedParent {
  std::vector<PlannedPackage> packages;
  std::map<std::string, std::set<std::string>> masked;
  std::string state;  ///< path of its tar below the store's root
};

struct AssemblePlan {
  std::string architecture;
  std::string hostname;
  std::int64_t newest_mtime = 0;
  std::vector<PlannedParent> parents;
  std::vector<PlannedPackage> packages;
  std::vector<std::string> debconf;
  std::vector<UserAccount> users;
  PathRules paths;
};

AssemblePlan make_plan(const AssembleRequest& request, const Store& store);
/// SOURCE_DATE_EPOCH of a request.
std::int64_t newest_mtime(const AssembleRequest& request);

Json to_json(const AssemblePlan& plan);
AssemblePlan plan_from_json(const Json& json);

Json to_json(const UserAccount& user);
Json to_json(const PathRules& rules);

}  // namespace bootstrap
