#include "rootfs/plan.h"

#include <algorithm>

namespace bootstrap {

namespace {

Json to_json(const std::vector<PlannedPackage>& packages) {
  Json list = Json::array();
  for (const auto& package : packages)
    list.push_back({{"segment", package.segment}, {"raw", package.raw}, {"stage", package.stage}});
  return list;
}

std::vector<PlannedPackage> packages_from_json(const Json& list) {
  std::vector<PlannedPackage> packages;
  for (const Json& item : list)
    packages.push_back({item.at("segment").get<std::string>(), item.at("raw").get<bool>(),
                        item.at("stage").get<unsigned>()});
  return packages;
}

UserAccount user_from_json(const Json& json) {
  UserAccount user;
  user.name = json.at("name").get<std::string>();
  user.uid = json.at("uid").get<std::uint32_t>();
  user.gid = json.at("gid").get<std::uint32_t>();
  user.home = json.at("home").get<std::string>();
  user.shell = json.at("shell").get<std::string>();
  return user;
}

std::vector<PlannedPackage> planned(const std::vector<StagedPackage>& packages) {
  std::vector<PlannedPackage> result;
  for (const auto& package : packages)
    result.push_back({package.segment->key, package.segment->raw, package.locked.stage});
  return result;
}

PlannedParent planned(std::vector<PlannedPackage> packages, const AssembledState& state, const Store& store) {
  return {std::move(packages), state.masked, state.tar.lexically_relative(store.root()).string()};
}

Json to_json(const PlannedParent& parent) {
  return {{"packages", to_json(parent.packages)}, {"masked", parent.masked}, {"state", parent.state}};
}

PlannedParent parent_from_json(const Json& json) {
  return {packages_from_json(json.at("packages")), json.at("masked").get<decltype(PlannedParent::masked)>(),
          json.at("state").get<std::string>()};
}

}  // namespace

AssemblePlan make_plan(const AssembleRequest& request, std::span<const Step> steps, std::size_t first,
                       const AssembledState* done, const Store& store) {
  AssemblePlan plan;
  plan.architecture = request.architecture;
  plan.hostname = request.hostname;
  for (const auto& parent : request.parents)
    plan.parents.push_back(planned(planned(parent.packages), parent.state, store));
  if (done != nullptr) {
    std::vector<PlannedPackage> packages;
    for (const Step& step : steps.first(first)) {
      const auto own = planned(step.packages);
      packages.insert(packages.end(), own.begin(), own.end());
    }
    plan.done = planned(std::move(packages), *done, store);
  }
  for (const Step& step : steps.subspan(first))
    plan.steps.push_back({planned(step.packages), step.newest_mtime});
  plan.debconf = request.debconf;
  plan.users = request.users;
  plan.state = request.state;
  return plan;
}

Json to_json(const UserAccount& user) {
  return {
      {"name", user.name}, {"uid", user.uid}, {"gid", user.gid}, {"home", user.home}, {"shell", user.shell}};
}

Json to_json(const AssemblePlan& plan) {
  Json parents = Json::array();
  for (const auto& parent : plan.parents)
    parents.push_back(to_json(parent));
  Json steps = Json::array();
  for (const auto& step : plan.steps)
    steps.push_back({{"packages", to_json(step.packages)}, {"newest_mtime", step.newest_mtime}});
  Json users = Json::array();
  for (const auto& user : plan.users)
    users.push_back(to_json(user));
  return {{"architecture", plan.architecture},
          {"hostname", plan.hostname},
          {"parents", parents},
          {"done", plan.done ? to_json(*plan.done) : Json()},
          {"steps", steps},
          {"debconf", plan.debconf},
          {"users", users},
          {"state", {{"remove", plan.state.remove}, {"empty", plan.state.empty}}},
          {"repeated", plan.repeated}};
}

AssemblePlan plan_from_json(const Json& json) {
  AssemblePlan plan;
  plan.architecture = json.at("architecture").get<std::string>();
  plan.hostname = json.at("hostname").get<std::string>();
  for (const Json& parent : json.at("parents"))
    plan.parents.push_back(parent_from_json(parent));
  if (!json.at("done").is_null())
    plan.done = parent_from_json(json.at("done"));
  for (const Json& step : json.at("steps"))
    plan.steps.push_back(
        {packages_from_json(step.at("packages")), step.at("newest_mtime").get<std::int64_t>()});
  plan.debconf = json.at("debconf").get<std::vector<std::string>>();
  for (const Json& item : json.at("users"))
    plan.users.push_back(user_from_json(item));
  json.at("state").at("remove").get_to(plan.state.remove);
  json.at("state").at("empty").get_to(plan.state.empty);
  plan.repeated = json.at("repeated").get<bool>();
  return plan;
}

}  // namespace bootstrap
