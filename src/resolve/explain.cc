#include "resolve/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>

namespace bootstrap {
namespace {

/// Of a relation, as much as one can read.
std::string shown(const PackageRelation& relation) {
  constexpr std::size_t kShown = 20;
  if (relation.alternatives.size() <= kShown)
    return text_of(relation);
  PackageRelation beginning = relation;
  beginning.alternatives.resize(kShown);
  return fmt::format("{} | and {} more", text_of(beginning), relation.alternatives.size() - kShown);
}

class Explainer {
 public:
  Explainer(const PackageGraph& graph, std::span<const SolverFact> facts)
      : graph_(graph), excluded_providers_(excluded_providers(graph.candidates())), facts_(facts) {}

  Unsolvable::Node root(const Root& root) {
    return package(*root.record, fmt::format("{} ({})", describe(*root.record), root.reason));
  }

  bool is_involved(const PackageRecord& record) const {
    return std::any_of(facts_.begin(), facts_.end(),
                       [&](const SolverFact& fact) { return fact.from == &record || fact.to == &record; });
  }

 private:
  std::string describe(const PackageRecord& record) const {
    return fmt::format("{} {}", record.name, record.version);
  }

  Unsolvable::Node package(const PackageRecord& record, std::string text) {
    Unsolvable::Node node{std::move(text), {}};
    if (!told_.insert(&record).second) {
      node.text += ": see above";
      return node;
    }
    for (const SolverFact& fact : facts_)
      if (fact.from == &record) {
        if (fact.kind == SolverFact::Kind::kConflicts)
          add_conflict(*fact.to, "", fact, node);
        else
          node.children.push_back(dependency(fact));
      }
    for (const SolverFact& fact : facts_)
      if (fact.to == &record)
        add_conflict(*fact.from, "its ", fact, node);
    return node;
  }

  Unsolvable::Node dependency(const SolverFact& fact) {
    Unsolvable::Node node{fmt::format("{} {}", name_of(fact.relation->kind), shown(*fact.relation)), {}};
    for (const Alternative& alternative : fact.relation->alternatives)
      if (fact.kind == SolverFact::Kind::kUnmet)
        node.children.push_back({why_unmet(alternative.relation), {}});
      else
        for (const PackageRecord* satisfier : alternative.satisfiers)
          if (is_involved(*satisfier))
            node.children.push_back(package(*satisfier, describe(*satisfier)));
    return node;
  }

  /// Each pair once, at the one that is told first; both may declare the conflict, and for several reasons.
  void add_conflict(const PackageRecord& other, std::string_view whose, const SolverFact& fact,
                    Unsolvable::Node& node) {
    if (!told_conflicts_.insert(std::minmax(fact.from, fact.to, std::less<>())).second)
      return;
    node.children.push_back({fmt::format("conflicts with {} ({}{} {})", describe(other), whose,
                                         name_of(fact.relation->kind), text_of(*fact.relation)),
                             {}});
  }

  /// What stands in the way of a relation that no candidate satisfies.
  std::string why_unmet(const Relation& relation) const {
    const Candidates& candidates = graph_.candidates();
    if (candidates.is_excluded(relation.name))
      return fmt::format("{} is excluded", relation.name);
    if (const PackageRecord* candidate = candidates.find(relation.name); candidate != nullptr)
      return fmt::format("the candidate is {}{}", describe(*candidate), better_version(relation));
    if (const std::string version = better_version(relation); !version.empty())
      return fmt::format("{} is not a candidate{}", relation.name, version);
    if (const std::string_view excluded = excluded_provider(relation); !excluded.empty())
      return fmt::format("{} provides it, but is excluded", excluded);
    if (const auto providers = candidates.providers(relation.name); !providers.empty())
      return fmt::format("{} provides {}", describe(*providers.front().record),
                         providers.front().version.empty()
                             ? "it without a version"
                             : fmt::format("version {} of it", providers.front().version));
    return fmt::format("no package {} in these repositories", relation.name);
  }

  /// A version that would do but is not the candidate: pins or the lock chose another.
  std::string better_version(const Relation& relation) const {
    for (const PackageRecord* record : graph_.candidates().versions(relation.name))
      if (version_fits(relation, record->version)) {
        const Release& release = graph_.candidates().index().releases[record->release];
        return fmt::format("; {} in {} has priority {}", record->version, release.suite,
                           pin_priority(*record, release, graph_.candidates().request().packages.pins));
      }
    return {};
  }

  std::string_view excluded_provider(const Relation& relation) const {
    const auto found = excluded_providers_.find(relation.name);
    return found == excluded_providers_.end() ? std::string_view() : found->second;
  }

  /// By what they provide, the first in the index.
  static std::unordered_map<std::string_view, std::string_view> excluded_providers(
      const Candidates& candidates) {
    std::unordered_map<std::string_view, std::string_view> providers;
    for (const PackageRecord& record : candidates.index().packages)
      if (candidates.is_excluded(record.name))
        for (const Dependency& provided : parse_relations(record.provides))
          providers.emplace(provided.front().name, record.name);
    return providers;
  }

  const PackageGraph& graph_;
  const std::unordered_map<std::string_view, std::string_view> excluded_providers_;
  std::span<const SolverFact> facts_;
  PackageSet told_;
  std::set<std::pair<const PackageRecord*, const PackageRecord*>> told_conflicts_;
};

void print(const Unsolvable::Node& node, std::size_t depth, std::string& text) {
  text.append(2 * depth, ' ').append(node.text) += '\n';
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(node.children.size(), kShown); ++i)
    print(node.children[i], depth + 1, text);
  if (node.children.size() > kShown)
    text.append(2 * depth + 2, ' ').append(fmt::format("and {} more\n", node.children.size() - kShown));
}

}  // namespace

Unsolvable explain(const PackageGraph& graph, std::span<const Root> roots,
                   std::span<const SolverFact> facts) {
  Explainer explainer(graph, facts);
  Unsolvable unsolvable;
  for (const Root& root : roots)
    if (explainer.is_involved(*root.record))
      unsolvable.problems.push_back(explainer.root(root));
  return unsolvable;
}

std::string Unsolvable::text() const {
  std::string text;
  for (const Node& problem : problems)
    print(problem, 0, text);
  return text;
}

}  // namespace bootstrap
