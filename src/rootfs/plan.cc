#include "rootfs/plan.h"

#include <algorithm>

namespace bootstrap {

namespace {

Json to_json(const std::vector<PlannedPackage>& packages) {
  Json list = Json::array();
  for (const auto& package : packages)
    list.push_back({{"segment", package.segment}, {"stage", package.stage}});
  return list;
}

std::vector<PlannedPackage> packages_from_json(const Json& list) {
  std::vector<PlannedPackage> packages;
  for (const Json& item : list)
    packages.push_back({item.at("segment").get<std::string>(), item.at("stage").get<unsigned>()});
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
    result.push_back({package.segment->key, package.locked.stage});
  return result;
}

}  // namespace

std::int64_t newest_mtime(const AssembleRequest& request) {
  std::int64_t newest = 0;
  for (const auto& parent : request.parents)
    newest = std::max(newest, parent.state.newest_mtime);
  for (const auto& package : request.packages)
    newest = std::max(newest, package.segment->newest_mtime);
  return newest;
}

AssemblePlan make_plan(const AssembleRequest& request, const Store& store) {
  AssemblePlan plan;
  plan.architecture = request.architecture;
  plan.hostname = request.hostname;
  plan.newest_mtime = newest_mtime(request);
  for (const auto& parent : request.parents)
    plan.parents.push_back({planned(parent.packages), parent.state.masked,
                            parent.state.tar.lexically_relative(store.root()).string()});
  plan.packages = planned(request.packages);
  plan.debconf = request.debconf;
  plan.users = request.users;
  plan.paths = request.paths;
  return plan;
}

Json to_json(const UserAccount& user) {
  return {
      {"name", user.name}, {"uid", user.uid}, {"gid", user.gid}, {"home", user.home}, {"shell", user.shell}};
}

Json to_json(const PathRules& rules) {
  return {{"exclude", rules.exclude}, {"include", rules.include}};
}

Json to_json(const AssemblePlan& plan) {
  Json parents = Json::array();
  for (const auto& parent : plan.parents)
    parents.push_back(
        {{"packages", to_json(parent.packages)}, {"masked", parent.masked}, {"state", parent.state}});
  Json users = Json::array();
  for (const auto& user : plan.users)
    users.push_back(to_json(user));
  return {{"architecture", plan.architecture},
          {"hostname", plan.hostname},
          {"newest_mtime", plan.newest_mtime},
          {"parents", parents},
          {"packages", to_json(plan.packages)},
          {"debconf", plan.debconf},
          {"users", users},
          {"paths", to_json(plan.paths)}};
}

AssemblePlan plan_from_json(const Json& json) {
  AssemblePlan plan;
  plan.architecture = json.at("architecture").get<std::string>();
  plan.hostname = json.at("hostname").get<std::string>();
  plan.newest_mtime = json.at("newest_mtime").get<std::int64_t>();
  for (const Json& item : json.at("parents")) {
    PlannedParent parent;
    parent.packages = packages_from_json(item.at("packages"));
    parent.masked = item.at("masked").get<decltype(parent.masked)>();
    parent.state = item.at("state").get<std::string>();
    plan.parents.push_back(std::move(parent));
  }
  plan.packages = packages_from_json(json.at("packages"));
  plan.debconf = json.at("debconf").get<std::vector<std::string>>();
  for (const Json& item : json.at("users"))
    plan.users.push_back(user_from_json(item));
  plan.paths.exclude = json.at("paths").at("exclude").get<std::vector<std::string>>();
  plan.paths.include = json.at("paths").at("include").get<std::vector<std::string>>();
  return plan;
}

}  // namespace bootstrap
