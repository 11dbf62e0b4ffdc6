#include "resolve/unused_names.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "recipe/nearest.h"

namespace bootstrap {
namespace {

bool is_locked(const std::string& name, const std::vector<LockedPackage>& locked) {
  return std::any_of(locked.begin(), locked.end(),
                     [&](const LockedPackage& package) { return package.name == name; });
}

/// `; did you mean "nginx"?`, when there is a name that near.
std::string nearest(const std::string& name, const Catalogue& catalogue) {
  std::string_view best;
  std::size_t least = name.size() < 4 ? 1 : 2;
  for (const PackageRecord& record : catalogue.index().packages) {
    const std::size_t longer = std::max(record.name.size(), name.size());
    if (longer - std::min(record.name.size(), name.size()) > least)
      continue;
    const std::size_t distance = edit_distance(name, record.name);
    if (distance < least || (distance == least && best.empty())) {
      least = distance;
      best = record.name;
    }
  }
  return best.empty() ? "" : fmt::format("; did you mean \"{}\"?", best);
}

void check_name(const std::string& key, const std::string& name, const Catalogue& catalogue,
                const std::vector<LockedPackage>& locked, std::vector<std::string>& notes) {
  if (!catalogue.number_of(name) && !is_locked(name, locked))
    notes.push_back(
        fmt::format("{}: no repository has a package \"{}\"{}", key, name, nearest(name, catalogue)));
}

void check_pin(const Pin& pin, const Catalogue& catalogue, std::vector<std::string>& notes) {
  const RepoIndex& index = catalogue.index();
  const auto fits = [&](const Release& release) {
    return (!pin.archive || *pin.archive == release.archive) &&
           (!pin.suite || *pin.suite == release.suite || *pin.suite == release.codename);
  };
  if (std::none_of(index.releases.begin(), index.releases.end(), fits))
    notes.push_back(fmt::format("packages: pins: no repository is of{}{}",
                                pin.archive ? fmt::format(" archive \"{}\"", *pin.archive) : "",
                                pin.suite ? fmt::format(" suite \"{}\"", *pin.suite) : ""));
  const auto bears = [&](const PackageRecord& record) {
    return ::fnmatch(pin.package.c_str(), std::string(record.name).c_str(), 0) == 0;
  };
  if (pin.package.find_first_of("*?[") == std::string::npos)
    check_name("packages: pins", pin.package, catalogue, {}, notes);
  else if (std::none_of(index.packages.begin(), index.packages.end(), bears))
    notes.push_back(fmt::format("packages: pins: no repository has a package that \"{}\" fits", pin.package));
}

}  // namespace

std::vector<std::string> unused_names(const Recipe& recipe, const Catalogue& catalogue,
                                      const std::vector<LockedPackage>& locked) {
  std::vector<std::string> notes;
  for (const std::string& name : recipe.packages.exclude)
    check_name("packages: exclude", name, catalogue, locked, notes);
  for (const Pin& pin : recipe.packages.pins)
    check_pin(pin, catalogue, notes);
  for (const std::string& name : recipe.update.hold)
    check_name("update: hold", name, catalogue, locked, notes);
  return notes;
}

}  // namespace bootstrap
