#include "rootfs/relations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "debian/relation.h"

namespace bootstrap {

namespace {

std::vector<std::string> names_of(const Segment& package) {
  std::vector<std::string> names{package.name};
  const std::string provides = package.control.field("Provides");
  for (const Dependency& dependency : parse_relations(provides))
    names.emplace_back(dependency.front().name);
  return names;
}

template <typename Names>
bool all_met(std::string_view field, const Names& names) {
  for (const auto& group : parse_relations(field))
    if (std::none_of(group.begin(), group.end(),
                     [&](const Relation& one) { return names.count(std::string(one.name)) > 0; }))
      return false;
  return true;
}

}  // namespace

bool replaces(const Segment& taker, const Segment& owner) {
  const std::string field = taker.control.field("Replaces");
  const auto names_owner = [&](const Dependency& replaced) {
    return replaced.front().name == owner.name && version_fits(replaced.front(), owner.version);
  };
  const auto replaced = parse_relations(field);
  return std::any_of(replaced.begin(), replaced.end(), names_owner);
}

bool may_take_over(const Segment& taker, const Segment& owner, const std::string& path) {
  if (&taker == &owner || replaces(taker, owner))
    return true;
  if (replaces(owner, taker))
    return false;
  throw Error(
      ErrorKind::kFailure,
      fmt::format("{} {}: /{} is also in {} {}", taker.name, taker.version, path, owner.name, owner.version),
      fmt::format("leave one of the two packages out, or the file: paths: exclude: [/{}]", path));
}

void ConfigureQueue::add_configured(const Segment& package) {
  for (auto& name : names_of(package))
    configured_.insert(std::move(name));
}

void ConfigureQueue::add_unpacked(const Segment& package) {
  unpacked_.push_back(&package);
}

bool ConfigureQueue::may_unpack(const Segment& package) const {
  return all_met(package.control.field("Pre-Depends"), configured_);
}

// The greatest set whose members need nothing outside of it: packages are taken out until that holds, so a
// circle of dependencies stays together.
std::vector<const Segment*> ConfigureQueue::ready() const {
  auto names = configured_;
  for (const Segment* package : unpacked_)
    for (auto& name : names_of(*package))
      names.insert(std::move(name));
  auto set = unpacked_;
  const auto blocked = [&](const Segment* package) {
    if (all_met(package->control.field("Depends"), names) &&
        all_met(package->control.field("Pre-Depends"), names))
      return false;
    for (const auto& name : names_of(*package))
      names.erase(names.find(name));
    return true;
  };
  while (std::erase_if(set, blocked) > 0) {
  }
  return set;
}

void ConfigureQueue::mark_configured(const std::vector<const Segment*>& packages) {
  const std::set<const Segment*> done(packages.begin(), packages.end());
  for (const Segment* package : packages)
    add_configured(*package);
  std::erase_if(unpacked_, [&](const Segment* package) { return done.count(package) > 0; });
}

void ConfigureQueue::mark_all_configured() {
  for (const Segment* package : unpacked_)
    add_configured(*package);
  unpacked_.clear();
}

}  // namespace bootstrap
