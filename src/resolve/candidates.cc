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

Candidates::Candidates(const Catalogue& catalogue, const ResolveRequest& request)
    : catalogue_(catalogue),
      request_(request),
      names_wanted_(catalogue.package_name_count()),
      choices_(catalogue.package_name_count()) {
  take_wishes();
  const std::vector<PackageRecord>& packages = index().packages;
  for (std::size_t i = 0; i < packages.size(); ++i)
    consider(packages[i], catalogue_.name_of(i));
  fix_installed();
  collect_providers();
}

void Candidates::take_wishes() {
  const auto wanted = [&](std::string_view name) {
    const auto number = catalogue_.number_of(name);
    return number && *number < names_wanted_.size() ? &names_wanted_[*number] : nullptr;
  };
  for (const std::string& include : request_.packages.include) {
    const PackageSpec spec = parse_package_spec(include);
    if (spec.version.empty() && spec.suite.empty())
      continue;
    if (Wanted* name = wanted(spec.name); name != nullptr && !name->spec)
      name->spec = spec;
  }
  excluded_.insert(request_.packages.exclude.begin(), request_.packages.exclude.end());
  for (std::string_view excluded : excluded_)
    if (Wanted* name = wanted(excluded))
      name->excluded = true;
  for (const LockedPackage& package : request_.preferred)
    if (Wanted* name = wanted(package.name))
      name->preferred = &package;
}

const PackageRecord* Candidates::find(std::string_view name) const {
  if (const auto gone = gone_.find(name); gone != gone_.end())
    return gone->second;
  const auto number = catalogue_.number_of(name);
  return number && *number < choices_.size() ? choices_[*number].record : nullptr;
}

std::span<const Provider> Candidates::providers(std::string_view name) const {
  const auto number = catalogue_.number_of(name);
  if (!number)
    return {};
  const std::uint32_t first = first_provider_[*number];
  return std::span(providers_).subspan(first, first_provider_[*number + 1] - first);
}

void Candidates::consider(const PackageRecord& record, std::uint32_t number) {
  const Wanted& wanted = names_wanted_[number];
  if (wanted.excluded)
    return;
  const Release& release = index().releases[record.release];
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

void Candidates::fix_installed() {
  for (const LockedPackage& package : request_.installed) {
    const PackageRecord& record = installed_record(package);
    const auto number = catalogue_.number_of(record.name);
    if (number && *number < choices_.size())
      choices_[*number].record = &record;
    else
      gone_[record.name] = &record;
    installed_.push_back(&record);
  }
}

/// The record of a package of the parent. Its lock says nothing of its relations, so when the index has
/// moved on they are taken from the version that is listed now: in a stable release they hardly ever change.
const PackageRecord& Candidates::installed_record(const LockedPackage& package) {
  PackageRecord unlisted;
  for (const PackageRecord* record : catalogue_.versions(package.name)) {
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

/// In the order in which the index first lists the names of the candidates.
std::vector<Catalogue::Provision> Candidates::chosen_provisions() const {
  std::vector<Catalogue::Provision> chosen;
  for (const Catalogue::Provision& provision : catalogue_.provisions())
    if (choices_[provision.provider].record == provision.record)
      chosen.push_back(provision);
  for (const PackageRecord* record : catalogue_.unreadable())
    if (find(record->name) == record)
      parse_relations(record->provides);  // says what is wrong with it
  for (const PackageRecord& record : unlisted_) {
    // What it has was taken from a listed version, so that all names in it are known.
    for (const Dependency& provided : parse_relations(record.provides))
      if (const Relation& relation = provided.front(); relation.name != record.name)
        chosen.push_back({&record, *catalogue_.number_of(record.name), *catalogue_.number_of(relation.name),
                          relation.version});
  }
  if (!unlisted_.empty())
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const auto& a, const auto& b) { return a.provider < b.provider; });
  return chosen;
}

void Candidates::collect_providers() {
  const std::vector<Catalogue::Provision> chosen = chosen_provisions();
  // A counting sort: the providers of a name stay in the order of the index.
  first_provider_.assign(catalogue_.name_count() + 1, 0);
  for (const Catalogue::Provision& provision : chosen)
    ++first_provider_[provision.name + 1];
  std::partial_sum(first_provider_.begin(), first_provider_.end(), first_provider_.begin());
  std::vector<std::uint32_t> next = first_provider_;
  providers_.resize(chosen.size());
  for (const Catalogue::Provision& provision : chosen)
    providers_[next[provision.name]++] = {provision.record, provision.version};
}

}  // namespace bootstrap
