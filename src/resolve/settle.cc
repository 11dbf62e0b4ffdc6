#include "resolve/settle.h"

#include <algorithm>
#include <set>

namespace bootstrap {
namespace {

// apt's defaults, as it prints them with Debug::pkgProblemResolver::ShowScores.
constexpr int kRootScore = 10000;
constexpr int kEssentialScore = 5000;
constexpr int kEssentialBase = 100;

int priority_score(std::string_view priority) {
  if (priority == "required")
    return 3;
  if (priority == "important")
    return 2;
  if (priority == "standard")
    return 1;
  return priority == "extra" ? -2 : -1;
}

bool is_essential(const PackageRecord& record) {
  return record.essential || record.important;
}

using Scores = std::unordered_map<std::string_view, int>;
using Records = std::vector<const PackageRecord*>;

/// Adds to every name that the package depends on or recommends, if some version of it satisfies.
void add_wanted(const PackageRelations& relations, int amount, Scores& scores) {
  for (const PackageRelation& relation : relations.wanted)
    if (relation.kind <= RelationKind::kRecommends)
      for (const Alternative& alternative : relation.alternatives)
        if (!alternative.satisfiers.empty())
          scores[alternative.relation.name] += amount;
}

/// How often each name is wanted, less how often it is not.
Scores count_mentions(const PackageGraph& graph, const Records& marked) {
  Scores mentions;
  for (const PackageRecord* record : marked) {
    const PackageRelations& relations = graph.relations(*record);
    add_wanted(relations, 1, mentions);
    for (const PackageRelation& relation : relations.unwanted) {
      const Alternative& unwanted = relation.alternatives.front();
      if (!unwanted.satisfiers.empty() && unwanted.relation.name != record->name)
        --mentions[unwanted.relation.name];
    }
  }
  return mentions;
}

/// How often the names that a package provides are wanted.
int provided_score(const PackageRecord& record, const Scores& mentions) {
  std::set<std::string_view> names;
  for (const Dependency& provided : parse_relations(record.provides))
    names.insert(provided.front().name);
  int score = 0;
  for (const std::string_view name : names)
    if (const auto found = mentions.find(name); found != mentions.end())
      score += std::max(0, found->second);
  return score;
}

class Settlement {
 public:
  Settlement(const PackageGraph& graph, const Records& marked, const PackageSet& roots,
             const PackageSet& protected_packages)
      : graph_(graph), protected_(protected_packages), marked_(marked.begin(), marked.end()) {
    if (!has_conflict(marked))  // the scores cost more than all the rest, and most sets never need them
      return;
    const Scores scores = package_scores(graph, marked, roots);
    for (const PackageRecord* record : marked)
      score_.emplace(record, scores.at(record->name));
    Records ranked = marked;
    std::stable_sort(ranked.begin(), ranked.end(),
                     [&](const auto* a, const auto* b) { return score_.at(a) > score_.at(b); });
    std::size_t size = 0;
    do {
      size = marked_.size();
      for (const PackageRecord* record : ranked)
        if (marked_.count(record) != 0)
          settle(*record);
    } while (marked_.size() < size);
  }

  bool keeps(const PackageRecord* record) const { return marked_.count(record) != 0; }

 private:
  bool has_conflict(const Records& marked) const {
    return std::any_of(marked.begin(), marked.end(),
                       [this](const PackageRecord* record) { return !opponents(*record).empty(); });
  }

  Records opponents(const PackageRecord& record) const {
    Records opponents;
    for (const PackageRelation& relation : graph_.relations(record).unwanted)
      for (const PackageRecord* hit : relation.alternatives.front().satisfiers)
        if (hit != &record && marked_.count(hit) != 0)
          opponents.push_back(hit);
    return opponents;
  }

  void settle(const PackageRecord& record) {
    for (const PackageRecord* opponent : opponents(record)) {
      if (score_.at(&record) > score_.at(opponent)) {
        drop(*opponent);
      } else {
        drop(record);
        return;
      }
    }
    if (is_broken(record))
      drop(record);
  }

  void drop(const PackageRecord& record) {
    if (protected_.count(&record) == 0)
      marked_.erase(&record);
  }

  bool is_broken(const PackageRecord& record) const {
    const auto& wanted = graph_.relations(record).wanted;
    return std::any_of(wanted.begin(), wanted.end(), [&](const PackageRelation& relation) {
      return relation.kind <= RelationKind::kDepends && satisfier_in(marked_, relation) == nullptr;
    });
  }

  const PackageGraph& graph_;
  const PackageSet& protected_;
  PackageSet marked_;
  std::unordered_map<const PackageRecord*, int> score_;
};

}  // namespace

Scores package_scores(const PackageGraph& graph, const Records& marked, const PackageSet& roots) {
  Scores scores = count_mentions(graph, marked);
  const Scores mentions = scores;
  for (const PackageRecord* record : marked)
    scores[record->name] += priority_score(record->priority) + (is_essential(*record) ? kEssentialBase : 0) +
                            provided_score(*record, mentions);
  const Scores own = scores;
  for (const PackageRecord* record : marked)
    if (const int score = own.at(record->name); score > 0)
      add_wanted(graph.relations(*record), score, scores);
  for (const PackageRecord* record : marked)
    scores[record->name] +=
        (roots.count(record) != 0 ? kRootScore : 0) + (is_essential(*record) ? kEssentialScore : 0);
  return scores;
}

Records settle_conflicts(const PackageGraph& graph, const Records& marked, const PackageSet& roots,
                         const PackageSet& protected_packages) {
  const Settlement settlement(graph, marked, roots, protected_packages);
  Records kept;
  std::copy_if(marked.begin(), marked.end(), std::back_inserter(kept),
               [&](const PackageRecord* record) { return settlement.keeps(record); });
  return kept;
}

}  // namespace bootstrap
