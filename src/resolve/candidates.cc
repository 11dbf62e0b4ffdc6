#include "resolve/candidates.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "debian/relation.h"
#include "debian/version.h"

namespace bootstrap {
namespace {

bool glob_matches(const std::string& pattern, std::string_view text) {
  return ::fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0;
}

bool pin_fits(const Pin& pin, const PackageRecord& record, const Release& release) {
  return (!pin.archive || *pin.archive == release.archive) &&
         (!pin.suite || *pin.suite == release.suite || *pin.suite == release.codename) &&
         (!pin.version || glob_matches(*pin.version, record.version)) &&
         (pin.package == "*" || glob_matches(pin.package, record.name));
}

}  // namespace

int pin_priority(const PackageRecord& record, const Release& release, std::span<const Pin> pins) {
  constexpr int kDefault = 500, kNotAutomatic = 1, kButAutomaticUpgrades = 100;
  for (const bool general : {false, true})
    for (const Pin& pin : pins)
      if ((pin.package == "*") == general && pin_fits(pin, record, release))
        return pin.priority;
  if (!release.not_automatic)
    return kDefault;
  return release.but_automatic_upgrades ? kButAutomaticUpgrades : kNotAutomatic;
}

PackageSpec parse_package_spec(std::string_view text) {
  PackageSpec spec;
  const std::size_t end = text.find_first_of("=/");
  spec.name = text.substr(0, end);
  bool valid = !spec.name.empty() && text.find_first_of(" \t\n") == std::string_view::npos;
  if (end != std::string_view::npos) {
    const std::string_view rest = text.substr(end + 1);
    (text[end] == '=' ? spec.version : spec.suite) = rest;
    valid = valid && !rest.empty() && rest.find_first_of("=/") == std::string_view::npos;
  }
  if (!valid)
    throw Error(ErrorKind::kUsage, fmt::format("packages: include: \"{}\" is not a package", text),
                "write NAME, NAME=VERSION or NAME/SUITE");
  return spec;
}

bool spec_fits(const PackageSpec& spec, const PackageRecord& record, const Release& release) {
  return (spec.version.empty() || compare_versions(spec.version, record.version) == 0) &&
         (spec.suite.empty() || spec.suite == release.suite || spec.suite == release.codename);
}

Candidates::Candidates(const RepoIndex& index, const ResolveRequest& request)
    : index_(index), request_(request) {
  number_names();
  for (const std::string& include : request.packages.include) {
    const PackageSpec spec = parse_package_spec(include);
    if (spec.version.empty() && spec.suite.empty())
      continue;
    if (const auto number = names_.find(spec.name); number && !names_wanted_[*number].spec)
      names_wanted_[*number].spec = spec;
  }
  excluded_.insert(request.packages.exclude.begin(), request.packages.exclude.end());
  for (std::string_view name : excluded_)
    if (const auto number = names_.find(name))
      names_wanted_[*number].excluded = true;
  for (const LockedPackage& package : request.preferred)
    if (const auto number = names_.find(package.name))
      names_wanted_[*number].preferred = &package;

  for (std::size_t i = 0; i < index.packages.size(); ++i)
    consider(index.packages[i], numbers_[i]);
  fix_installed();
  collect_providers();
}

/// Every name is looked up once; from here on the loops over all records go by number.
void Candidates::number_names() {
  const std::size_t count = index_.packages.size();
  numbers_.reserve(count);
  for (const PackageRecord& record : index_.packages)
    numbers_.push_back(names_.number(record.name));
  names_wanted_.resize(names_.size());
  choices_.resize(names_.size());
  first_version_.assign(names_.size(), kNoVersion);
  next_version_.resize(count);
  for (std::size_t i = count; i-- > 0;)
    next_version_[i] = std::exchange(first_version_[numbers_[i]], static_cast<std::uint32_t>(i));
}

const PackageRecord* Candidates::find(std::string_view name) const {
  const auto number = names_.find(name);
  return number && *number < choices_.size() ? choices_[*number].record : nullptr;
}

std::span<const Provider> Candidates::providers(std::string_view name) const {
  const auto number = names_.find(name);
  if (!number)
    return {};
  const std::uint32_t first = first_provider_[*number];
  return std::span(providers_).subspan(first, first_provider_[*number + 1] - first);
}

std::vector<const PackageRecord*> Candidates::versions(std::string_view name) const {
  std::vector<const PackageRecord*> versions;
  const auto number = names_.find(name);
  if (!number || *number >= first_version_.size())
    return versions;
  for (std::uint32_t i = first_version_[*number]; i != kNoVersion; i = next_version_[i])
    versions.push_back(&index_.packages[i]);
  return versions;
}

void Candidates::consider(const PackageRecord& record, std::uint32_t number) {
  const Wanted& wanted = names_wanted_[number];
  if (wanted.excluded)
    return;
  const Release& release = index_.releases[record.release];
  if (wanted.spec && !spec_fits(*wanted.spec, record, release))
    return;
  Choice choice{&record, pin_priority(record, release, request_.packages.pins), false};
  if (choice.priority < 0 && !wanted.spec)  // a version that is asked for by name overrules pins
    return;
  choice.preferred = wanted.preferred != nullptr && wanted.preferred->sha256 == record.sha256;

  Choice& best = choices_[number];
  const auto rank = [](const Choice& c) { return std::pair(c.priority, c.preferred); };
  if (best.record == nullptr || rank(choice) > rank(best) ||
      (rank(choice) == rank(best) && compare_versions(record.version, best.record->version) > 0))
    best = choice;
}

Candidates::Choice& Candidates::choice_of(std::string_view name) {
  const std::uint32_t number = names_.number(name);
  if (number >= choices_.size())
    choices_.resize(number + 1);
  return choices_[number];
}

void Candidates::fix_installed() {
  for (const LockedPackage& package : request_.installed) {
    const PackageRecord& record = installed_record(package);
    choice_of(record.name).record = &record;
    installed_.push_back(&record);
  }
}

/// The record of a package of the parent. Its lock says nothing of its relations, so when the index has
/// moved on they are taken from the version that is listed now: in a stable release they hardly ever change.
const PackageRecord& Candidates::installed_record(const LockedPackage& package) {
  PackageRecord unlisted;
  for (const PackageRecord* record : versions(package.name)) {
    if (record->sha256 == package.sha256)
      return *record;
    unlisted = *record;
  }
  unlisted.name = package.name;
  unlisted.version = package.version;
  unlisted.architecture = package.architecture;
  unlisted.sha256 = package.sha256;
  return unlisted_.emplace_back(unlisted);
}

void Candidates::collect_providers() {
  std::vector<std::pair<std::uint32_t, Provider>> found;  // with the number of what is provided
  for_each([&](const PackageRecord& record) {
    if (record.provides.empty())
      return;
    for (const Dependency& provided : parse_relations(record.provides))
      if (const Relation& relation = provided.front(); relation.name != record.name)
        found.emplace_back(names_.number(relation.name), Provider{&record, relation.version});
  });
  // A counting sort: the providers of a name stay in the order of the index.
  first_provider_.assign(names_.size() + 1, 0);
  for (const auto& [number, provider] : found)
    ++first_provider_[number + 1];
  std::partial_sum(first_provider_.begin(), first_provider_.end(), first_provider_.begin());
  std::vector<std::uint32_t> next = first_provider_;
  providers_.resize(found.size());
  for (const auto& [number, provider] : found)
    providers_[next[number]++] = provider;
}

}  // namespace bootstrap
