#include "update/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "debian/relation.h"
#include "debian/version.h"
#include "lock/layer_plan.h"
#include "package/segment.h"
#include "pipeline/locking.h"
#include "pipeline/materials.h"
#include "repo/packages_parser.h"
#include "resolve/candidates.h"
#include "resolve/resolve.h"

namespace bootstrap {

namespace {

using Allow = UpdatePolicy::Allow;

/// The pins of one lock, some of which are let go.
class Pins {
 public:
  Pins(const Lockfile& lock, const Candidates& newest, const UpdatePolicy& policy)
      : newest_(newest), policy_(policy) {
    for (const LockedPackage& package : lock.packages)
      pinned_[package.name] = &package;
  }

  /// Lets go what the policy wants newer, and then what has to move with it.
  std::set<std::string> choose() {
    if (policy_.allow == Allow::kNone)
      return {};
    for (const auto& [name, package] : pinned_) {
      if (policy_.allow == Allow::kAll || has_security_update(*package))
        let_go(name);
    }
    for (std::size_t before = 0; before != moving_.size();) {
      before = moving_.size();
      move_sources();
      move_dependencies();
    }
    return moving_;
  }

 private:
  /// What there is to move to; null when the pin is the newest, or held.
  const PackageRecord* newer(const LockedPackage& package) const {
    const PackageRecord* best = newest_.find(package.name);
    bool held = std::find(policy_.hold.begin(), policy_.hold.end(), package.name) != policy_.hold.end();
    return !held && best != nullptr && compare_versions(best->version, package.version) > 0 ? best : nullptr;
  }

  bool has_security_update(const LockedPackage& package) const {
    const PackageRecord* best = newer(package);
    if (best == nullptr)
      return false;
    const RepoIndex& index = newest_.index();
    if (index.releases[best->release].security)
      return true;
    // A point release may have a version that is newer still.
    auto listed = newest_.versions(package.name);
    return std::any_of(listed.begin(), listed.end(), [&](const PackageRecord* record) {
      return index.releases[record->release].security &&
             compare_versions(record->version, package.version) > 0;
    });
  }

  void let_go(const std::string& name) {
    if (newer(*pinned_.at(name)) != nullptr)
      moving_.insert(name);
  }

  /// Packages of one source are made to be used together.
  void move_sources() {
    std::set<std::pair<std::string_view, std::string_view>> sources;
    for (const std::string& name : moving_) {
      const PackageRecord* record = newest_.find(name);
      sources.emplace(record->source, record->source_version);
    }
    for (const auto& [name, package] : pinned_) {
      const PackageRecord* best = newer(*package);
      if (best != nullptr && sources.contains({best->source, best->source_version}))
        moving_.insert(name);
    }
  }

  /// A new version may want its dependencies newer than they are pinned.
  void move_dependencies() {
    for (const std::string& name : std::set<std::string>(moving_)) {
      const PackageRecord* record = newest_.find(name);
      for (std::string_view field : {record->pre_depends, record->depends}) {
        for (const Dependency& dependency : parse_relations(field)) {
          if (!holds(dependency))
            move_first(dependency);
        }
      }
    }
  }

  /// Whether the pins fulfil it. What is not pinned is the resolver's business.
  bool holds(const Dependency& dependency) const {
    bool any_pinned = false;
    for (const Relation& relation : dependency) {
      auto pin = pinned_.find(std::string(relation.name));
      if (pin == pinned_.end())
        continue;
      any_pinned = true;
      const PackageRecord* best = moving_.contains(pin->first) ? newest_.find(pin->first) : nullptr;
      if (version_fits(relation, best != nullptr ? best->version : std::string_view(pin->second->version)))
        return true;
    }
    return !any_pinned;
  }

  void move_first(const Dependency& dependency) {
    for (const Relation& relation : dependency) {
      auto pin = pinned_.find(std::string(relation.name));
      const PackageRecord* best = pin == pinned_.end() ? nullptr : newer(*pin->second);
      if (best != nullptr && version_fits(relation, best->version)) {
        moving_.insert(pin->first);
        return;
      }
    }
  }

  const Candidates& newest_;
  const UpdatePolicy& policy_;
  std::map<std::string, const LockedPackage*> pinned_;
  std::set<std::string> moving_;
};

/// The index with records of held packages which it does not list any more, taken from the packages
/// themselves.
RepoIndex with_held(const RepoIndex& index, const Lockfile& lock, const Recipe& recipe, const Store& store) {
  RepoIndex extended = index;
  SegmentStore segments(store);
  for (const LockedPackage& package : lock.packages) {
    const auto& hold = recipe.update.hold;
    if (std::find(hold.begin(), hold.end(), package.name) == hold.end() ||
        std::any_of(index.packages.begin(), index.packages.end(),
                    [&](const PackageRecord& record) { return record.sha256 == package.sha256; }))
      continue;
    auto segment = segments.find(package.sha256, form_of(recipe));
    if (!segment)
      throw Error(
          ErrorKind::kFailure,
          fmt::format("{} is held at {}, which the archive {} no longer lists and the store does not have",
                      package.name, package.version, package.archive),
          "take it off `update: hold`, or fetch it from a snapshot of the archive");
    std::string control = segment->control.files.at("control").content;
    control.erase(control.find_last_not_of('\n') + 1);
    auto text =
        std::make_shared<const std::string>(fmt::format("{}\nFilename: {}\nSize: {}\nSHA256: {}\n\n", control,
                                                        package.path, package.size, package.sha256.hex()));
    std::uint32_t release = 0;
    for (std::uint32_t i = 0; i < index.releases.size(); ++i) {
      if (index.releases[i].archive == package.archive && index.releases[i].suite == package.suite)
        release = i;
    }
    for (const PackageRecord& record : parse_packages(*text, lock.architecture, release))
      extended.packages.push_back(record);
    extended.buffers.push_back(std::move(text));
  }
  return extended;
}

std::optional<LockedParent> parent_of(const std::vector<Lockfile>& parents) {
  if (parents.empty())
    return std::nullopt;
  return LockedParent{parents.back().name, lock_digest(parents.back())};
}

}  // namespace

bool lock_fits(const Lockfile& lock, const Recipe& recipe, const std::vector<Lockfile>& parents) {
  return lock.architecture == build_architecture(recipe) && lock.recipe == recipe_digest(recipe) &&
         lock.parent == parent_of(parents);
}

Lockfile plan_lock(const Recipe& recipe, const std::vector<Lockfile>& parents,
                   const std::optional<Lockfile>& previous, const Catalogue& catalogue, const Store& store) {
  ResolveRequest request;
  request.architecture = build_architecture(recipe);
  request.packages = recipe.packages;
  for (const Lockfile& parent : parents)
    request.installed.insert(request.installed.end(), parent.packages.begin(), parent.packages.end());

  std::set<std::string> moving;
  if (previous) {
    Candidates newest(catalogue, request);
    moving = Pins(*previous, newest, recipe.update).choose();
    if (moving.empty() && lock_fits(*previous, recipe, parents))
      return *previous;
    for (const LockedPackage& package : previous->packages) {
      if (!moving.contains(package.name))
        request.preferred.push_back(package);
    }
  }
  std::optional<RepoIndex> extended;
  std::optional<Catalogue> with_more;
  if (previous && !recipe.update.hold.empty())
    with_more.emplace(extended.emplace(with_held(catalogue.index(), *previous, recipe, store)));
  const Catalogue& listed = with_more ? *with_more : catalogue;
  auto result = resolve(listed, request);
  if (std::holds_alternative<Unsolvable>(result) && !moving.empty()) {
    // Too few moved: something that is installed stands in the way of a new version. All but what is held
    // may.
    std::erase_if(request.preferred, [&](const LockedPackage& package) {
      const auto& hold = recipe.update.hold;
      return std::find(hold.begin(), hold.end(), package.name) == hold.end();
    });
    result = resolve(listed, request);
  }
  if (auto* unsolvable = std::get_if<Unsolvable>(&result))
    throw Error(ErrorKind::kUnsolvable,
                fmt::format("{}: no set of packages fits the recipe\n{}", recipe.file.filename().string(),
                            unsolvable->text()),
                "change `packages:`, `update: hold`, or the repositories it chooses from");
  Lockfile lock =
      make_lock(recipe, request.architecture, listed.index(), std::get<Solution>(result), parent_of(parents));
  plan_layers(lock, previous, recipe.layers.max);
  return lock;
}

}  // namespace bootstrap
