#include "resolve/roots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "recipe/nearest.h"

namespace bootstrap {
namespace {

struct Members {
  bool apt;
  bool build_essential;
  std::size_t priorities;  ///< how many of kPriorities
};

constexpr std::array<std::string_view, 3> kPriorities{"required", "important", "standard"};

Members members_of(Variant variant) {
  switch (variant) {
    case Variant::kExtract:
    case Variant::kCustom:
    case Variant::kEssential:
      return {false, false, 0};
    case Variant::kApt:
      return {true, false, 0};
    case Variant::kMinbase:
      return {true, false, 1};
    case Variant::kBuildd:
      return {true, true, 1};
    case Variant::kImportant:
      return {true, false, 2};
    case Variant::kStandard:
      return {true, false, 3};
  }
  return {};
}

std::string list_of(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The names somebody may have meant, nearest first.
std::vector<std::string_view> nearest_names(const Candidates& candidates, std::string_view name) {
  constexpr std::size_t kShown = 3;
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 4);
  std::vector<std::pair<std::size_t, std::string_view>> near;
  candidates.for_each([&](const PackageRecord& record) {
    const std::size_t longer = std::max(name.size(), record.name.size());
    if (longer - std::min(name.size(), record.name.size()) > limit)
      return;
    if (const std::size_t distance = edit_distance(name, record.name); distance <= limit)
      near.emplace_back(distance, record.name);
  });
  std::sort(near.begin(), near.end());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min(kShown, near.size()); ++i)
    names.push_back(near[i].second);
  return names;
}

/// The listed versions of a name, with where they are from.
std::string versions_of(const Candidates& candidates, std::string_view name) {
  std::vector<std::string> versions;
  for (const PackageRecord* record : candidates.versions(name))
    versions.push_back(
        fmt::format("{} ({})", record->version, candidates.index().releases[record->release].suite));
  return fmt::format("{}", fmt::join(versions, ", "));
}

Unsolvable::Node explain_missing(const Candidates& candidates, const PackageSpec& spec,
                                 std::string_view text) {
  if (candidates.is_excluded(spec.name))
    return {fmt::format("{} is both included and excluded", spec.name), {}};
  Unsolvable::Node problem{fmt::format("there is no package {}", text), {}};
  if (const std::string versions = versions_of(candidates, spec.name); !versions.empty()) {
    problem.children.push_back({fmt::format("the index has {}", versions), {}});
    if (spec.version.empty() && spec.suite.empty())
      problem.children.push_back({"a pin with a negative priority forbids it", {}});
  } else if (const auto near = nearest_names(candidates, spec.name); !near.empty()) {
    problem.children.push_back({fmt::format("did you mean {}?", list_of(near)), {}});
  }
  return problem;
}

/// The package that an include means; null, with the problem added, when it means none or several.
const PackageRecord* find_included(const Candidates& candidates, std::string_view text, Roots& roots) {
  const PackageSpec spec = parse_package_spec(text);
  if (const PackageRecord* record = candidates.find(spec.name); record != nullptr) {
    if (spec_fits(spec, *record, candidates.index().releases[record->release]))
      return record;
    roots.problems.push_back(
        {fmt::format("{} is included, but the parent has {}", text, record->version), {}});
    return nullptr;
  }
  std::vector<std::string_view> names;
  if (spec.version.empty() && spec.suite.empty())
    for (const Provider& provider : candidates.providers(spec.name))
      if (std::find(names.begin(), names.end(), provider.record->name) == names.end())
        names.push_back(provider.record->name);
  if (names.size() == 1)
    return candidates.find(names.front());
  if (names.empty()) {
    roots.problems.push_back(explain_missing(candidates, spec, text));
  } else {
    Unsolvable::Node problem{fmt::format("{} is a virtual package with several providers", text), {}};
    problem.children.push_back({fmt::format("include one of {}", list_of(names)), {}});
    roots.problems.push_back(std::move(problem));
  }
  return nullptr;
}

}  // namespace

std::vector<Root> variant_roots(const Candidates& candidates, Variant variant) {
  std::vector<Root> roots;
  if (variant == Variant::kExtract || variant == Variant::kCustom)
    return roots;
  candidates.for_each([&](const PackageRecord& record) {
    if (record.essential)
      roots.push_back({&record, "Essential", false});
  });
  const Members members = members_of(variant);
  const auto end = kPriorities.begin() + static_cast<std::ptrdiff_t>(members.priorities);
  candidates.for_each([&](const PackageRecord& record) {
    if (!record.essential && std::find(kPriorities.begin(), end, record.priority) != end)
      roots.push_back({&record, fmt::format("Priority: {}", record.priority), false});
  });
  const auto add = [&](std::string_view name) {
    const PackageRecord* record = candidates.find(name);
    const bool present =
        std::any_of(roots.begin(), roots.end(), [&](const Root& r) { return r.record == record; });
    if (record != nullptr && !present)
      roots.push_back({record, fmt::format("variant {}", name_of(variant)), false});
  };
  if (members.apt)
    add("apt");
  if (members.build_essential)
    add("build-essential");
  return roots;
}

Roots find_roots(const Candidates& candidates) {
  Roots roots;
  const ResolveRequest& request = candidates.request();
  if (request.installed.empty())
    roots.roots = variant_roots(candidates, request.packages.variant);
  for (const PackageRecord* installed : candidates.installed())
    if (candidates.is_excluded(installed->name))
      roots.problems.push_back({fmt::format("{} is excluded, but the parent has it", installed->name), {}});
  std::unordered_set<const PackageRecord*> known(candidates.installed().begin(),
                                                 candidates.installed().end());
  for (const Root& root : roots.roots)
    known.insert(root.record);
  for (const std::string& include : request.packages.include)
    if (const PackageRecord* record = find_included(candidates, include, roots);
        record != nullptr && known.insert(record).second)
      roots.roots.push_back({record, "requested", true});
  return roots;
}

}  // namespace bootstrap
