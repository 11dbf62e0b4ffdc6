#include "debian/relation.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.h"
#include "debian/version.h"

namespace bootstrap {
namespace {

// Two letters first: "<" alone is the old spelling of "<=", and must not match the start of "<<".
constexpr std::array<std::pair<std::string_view, VersionOperator>, 7> kOperators{{
    {"<<", VersionOperator::kLess},
    {"<=", VersionOperator::kLessOrEqual},
    {">>", VersionOperator::kGreater},
    {">=", VersionOperator::kGreaterOrEqual},
    {"=", VersionOperator::kEqual},
    {"<", VersionOperator::kLessOrEqual},
    {">", VersionOperator::kGreaterOrEqual},
}};

constexpr std::string_view kSpace = " \t\n";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Cuts off and returns what stands before `separator`; what is left is empty after the last piece.
std::string_view take(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return trim(piece);
}

[[noreturn]] void fail(std::string_view relation) {
  constexpr std::size_t kQuoted = 80;
  throw Error(ErrorKind::kFailure,
              fmt::format("not a package relationship: \"{}\"", relation.substr(0, kQuoted)));
}

void parse_version(std::string_view bracket, Relation& relation) {
  if (bracket.size() < 2 || bracket.front() != '(' || bracket.back() != ')')
    fail(relation.text);
  bracket = trim(bracket.substr(1, bracket.size() - 2));
  for (const auto& [spelling, op] : kOperators)
    if (bracket.starts_with(spelling)) {
      relation.op = op;
      relation.version = trim(bracket.substr(spelling.size()));
      break;
    }
  if (relation.op == VersionOperator::kNone || !is_valid_version(relation.version))
    fail(relation.text);
}

Relation parse_relation(std::string_view text) {
  Relation relation;
  relation.text = text;
  relation.name = text.substr(0, text.find_first_of(" \t\n(:[<"));
  std::string_view rest = text.substr(relation.name.size());
  if (relation.name.empty())
    fail(text);
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    relation.qualifier = rest.substr(0, rest.find_first_of(" \t\n("));
    rest.remove_prefix(relation.qualifier.size());
    if (relation.qualifier.empty())
      fail(text);
  }
  rest = trim(rest);
  // [arch] and <profile> restrictions are for source packages; a binary package's fields have neither.
  if (!rest.empty())
    parse_version(rest, relation);
  return relation;
}

}  // namespace

std::vector<Dependency> parse_relations(std::string_view field) {
  std::vector<Dependency> dependencies;
  std::string_view rest = field;
  while (!rest.empty()) {
    std::string_view group = take(rest, ',');
    if (group.empty())  // dpkg forgives ", ," and a comma at the end
      continue;
    Dependency& alternatives = dependencies.emplace_back();
    if (group.back() == '|')
      fail(group);
    while (!group.empty())
      alternatives.push_back(parse_relation(take(group, '|')));
  }
  return dependencies;
}

bool version_fits(const Relation& relation, std::string_view version) {
  switch (relation.op) {
    case VersionOperator::kNone:
      return true;
    case VersionOperator::kLess:
      return compare_versions(version, relation.version) < 0;
    case VersionOperator::kLessOrEqual:
      return compare_versions(version, relation.version) <= 0;
    case VersionOperator::kEqual:
      return compare_versions(version, relation.version) == 0;
    case VersionOperator::kGreaterOrEqual:
      return compare_versions(version, relation.version) >= 0;
    case VersionOperator::kGreater:
      return compare_versions(version, relation.version) > 0;
  }
  return false;
}

std::string text_of(const Relation& relation) {
  std::string text;
  for (std::string_view rest = relation.text; !rest.empty();) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(kSpace));
    rest.remove_prefix(word.size());
    if (!text.empty() && !word.empty())
      text += ' ';
    text += word;
  }
  return text;
}

}  // namespace bootstrap
