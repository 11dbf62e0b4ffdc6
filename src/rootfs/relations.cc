#include "rootfs/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace bootstrap {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (const auto part = trimmed(text.substr(0, end)); !part.empty())
      parts.push_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Relation parse_relation(std::string_view text) {
  Relation relation;
  relation.name = text.substr(0, text.find_first_of(" \t\n(:["));
  const auto open = text.find('(');
  const auto close = text.find(')', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos)
    return relation;
  const auto constraint = trimmed(text.substr(open + 1, close - open - 1));
  const auto version = std::min(constraint.find_first_not_of("<>="), constraint.size());
  relation.op = constraint.substr(0, version);
  relation.version = trimmed(constraint.substr(version));
  return relation;
}

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// "~" sorts before everything, even the end; letters before all else (deb-version(7)).
int weight(std::string_view text, std::size_t at) {
  if (at >= text.size() || is_digit(text[at]))
    return 0;
  if (text[at] == '~')
    return -1;
  const auto c = static_cast<unsigned char>(text[at]);
  return std::isalpha(c) ? c : c + 256;
}

std::string_view take_digits(std::string_view text, std::size_t& at) {
  while (at < text.size() && text[at] == '0')
    ++at;
  const auto start = at;
  while (at < text.size() && is_digit(text[at]))
    ++at;
  return text.substr(start, at - start);
}

int compare_part(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
      if (const int difference = weight(a, i) - weight(b, j); difference != 0)
        return difference;
      ++i;
      ++j;
    }
    const auto left = take_digits(a, i);
    const auto right = take_digits(b, j);
    if (left.size() != right.size())
      return left.size() < right.size() ? -1 : 1;
    if (const int difference = left.compare(right); difference != 0)
      return difference;
  }
  return 0;
}

struct VersionParts {
  std::string_view epoch = "0";
  std::string_view upstream;
  std::string_view revision;
};

VersionParts parts_of(std::string_view version) {
  VersionParts parts;
  if (const auto colon = version.find(':'); colon != std::string_view::npos) {
    parts.epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  const auto dash = version.rfind('-');
  parts.upstream = version.substr(0, dash);
  if (dash != std::string_view::npos)
    parts.revision = version.substr(dash + 1);
  return parts;
}

std::vector<std::string> names_of(const Segment& package) {
  std::vector<std::string> names{package.name};
  for (const auto& group : parse_relations(package.control.field("Provides")))
    for (const auto& provided : group)
      names.push_back(provided.name);
  return names;
}

template <typename Names>
bool all_met(std::string_view field, const Names& names) {
  for (const auto& group : parse_relations(field))
    if (std::none_of(group.begin(), group.end(),
                     [&](const Relation& one) { return names.count(one.name) > 0; }))
      return false;
  return true;
}

}  // namespace

std::vector<std::vector<Relation>> parse_relations(std::string_view field) {
  std::vector<std::vector<Relation>> groups;
  for (const auto group : split(field, ',')) {
    auto& alternatives = groups.emplace_back();
    for (const auto alternative : split(group, '|'))
      alternatives.push_back(parse_relation(alternative));
  }
  return groups;
}

int compare_versions(std::string_view a, std::string_view b) {
  const auto left = parts_of(a);
  const auto right = parts_of(b);
  if (const int difference = compare_part(left.epoch, right.epoch); difference != 0)
    return difference;
  if (const int difference = compare_part(left.upstream, right.upstream); difference != 0)
    return difference;
  return compare_part(left.revision, right.revision);
}

bool satisfies(std::string_view version, const Relation& relation) {
  if (relation.op.empty())
    return true;
  const int order = compare_versions(version, relation.version);
  if (relation.op == "<<")
    return order < 0;
  if (relation.op == ">>")
    return order > 0;
  if (relation.op == "=")
    return order == 0;
  return relation.op.front() == '<' ? order <= 0 : order >= 0;
}

bool replaces(const Segment& taker, const Segment& owner) {
  for (const auto& group : parse_relations(taker.control.field("Replaces")))
    for (const auto& one : group)
      if (one.name == owner.name && satisfies(owner.version, one))
        return true;
  return false;
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
