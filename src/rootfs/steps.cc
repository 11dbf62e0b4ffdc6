#include "rootfs/steps.h"

#include <algorithm>

#include "base/digest.h"
#include "base/image_format.h"
#include "base/json.h"
#include "rootfs/plan.h"

namespace bootstrap {

namespace {

std::vector<Step> split(const AssembleRequest& request) {
  std::vector<Step> steps;
  for (const StagedPackage& package : request.packages) {
    const bool same_step =
        !steps.empty() && (request.scripts == ScriptMode::kSkip ||
                           steps.back().packages.back().locked.stage == package.locked.stage);
    if (!same_step)
      steps.emplace_back();
    steps.back().packages.push_back(package);
  }
  if (steps.empty())
    steps.emplace_back();
  return steps;
}

/// The digest of all that the state after `step` depends on. `before` is the key of the state it starts from.
std::string key_of(const Step& step, const Json& before, const AssembleRequest& request, bool is_last) {
  Json packages = Json::array();
  for (const StagedPackage& package : step.packages)
    packages.push_back({package.locked.name, package.locked.version, package.locked.architecture,
                        package.locked.sha256.hex(), package.locked.stage});
  Json users = Json::array();
  for (const UserAccount& user : request.users)
    users.push_back(to_json(user));
  Json key = {{"image_format", kImageFormat},
              {"architecture", request.architecture},
              {"scripts", request.scripts == ScriptMode::kRun ? "run" : "skip"},
              {"before", before},
              {"packages", packages},
              {"debconf", request.debconf},
              {"users", is_last ? users : Json()},
              {"paths", {request.paths.exclude, request.paths.include}},
              {"hostname", request.hostname}};
  if (!request.state.remove.empty() || !request.state.empty.empty())
    key["state"] = {request.state.remove, request.state.empty};
  return Digest::of(compact_json(key)).hex();
}

}  // namespace

std::vector<Step> steps_of(const AssembleRequest& request) {
  std::vector<Step> steps = split(request);
  Json before = request.parents.empty() ? Json() : Json(request.parents.back().state.key);
  std::int64_t newest = 0;
  for (const AssembledRecipe& parent : request.parents)
    newest = std::max(newest, parent.state.newest_mtime);
  for (Step& step : steps) {
    for (const StagedPackage& package : step.packages)
      newest = std::max(newest, package.segment->newest_mtime);
    step.newest_mtime = newest;
    step.key = key_of(step, before, request, &step == &steps.back());
    before = step.key;
  }
  return steps;
}

}  // namespace bootstrap
