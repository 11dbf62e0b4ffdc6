// The rules, per package: mark it; fail if its Conflicts or Breaks hit a package that is protected, drop
// those they hit otherwise; then satisfy Pre-Depends, Depends and Recommends in field order. A dependency
// which a marked package satisfies is skipped; otherwise its alternatives are tried in order, and the
// providers of one alternative in order of rank. A package whose dependency fails is unmarked and never tried
// again.
#include "resolve/walk.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

namespace bootstrap {
namespace {

/// Far deeper than any archive's longest chain, far less than the stack holds.
constexpr unsigned kMaxDepth = 3000;

std::size_t priority_rank(std::string_view priority) {
  constexpr std::array<std::string_view, 5> kPriorities{"required", "important", "standard", "optional",
                                                        "extra"};
  return static_cast<std::size_t>(std::find(kPriorities.begin(), kPriorities.end(), priority) -
                                  kPriorities.begin());
}

class Walk {
 public:
  Walk(const PackageGraph& graph, MentionOrder& mentions, bool recommends)
      : graph_(graph), mentions_(mentions), recommends_(recommends) {
    for (const PackageRecord* record : graph.candidates().installed())
      keep(*record);
  }

  WalkResult run(std::span<const PackageRecord* const> roots) {
    for (const PackageRecord* root : roots) {
      mark(*root);
      ++protected_[root];
    }
    WalkResult result;
    result.complete = true;
    for (const PackageRecord* root : roots)
      result.complete = install(*root, 0) && result.complete;
    result.set = reachable(graph_, marked_, roots);
    std::copy_if(order_.begin(), order_.end(), std::back_inserter(result.order),
                 [&](const PackageRecord* record) { return result.set.count(record) != 0; });
    return result;
  }

 private:
  void keep(const PackageRecord& installed) {
    marked_.insert(&installed);
    processed_.insert(&installed);
    ++protected_[&installed];
    note_conflicts(installed);
  }

  void mark(const PackageRecord& record) {
    if (marked_.insert(&record).second)
      order_.push_back(&record);
  }

  void unmark(const PackageRecord& record) {
    marked_.erase(&record);
    processed_.erase(&record);
    order_.erase(std::remove(order_.begin(), order_.end(), &record), order_.end());
  }

  bool install(const PackageRecord& record, unsigned depth) {
    if (failed_.count(&record) != 0 || depth > kMaxDepth)
      return false;
    if (!processed_.insert(&record).second)
      return true;
    mark(record);
    ++protected_[&record];
    const bool installed = drop_conflicting(record) && install_dependencies(record, depth);
    --protected_[&record];
    if (!installed) {
      unmark(record);
      failed_.insert(&record);
    }
    return installed;
  }

  bool install_dependencies(const PackageRecord& record, unsigned depth) {
    for (const PackageRelation& relation : graph_.relations(record).wanted) {
      if (relation.kind == RelationKind::kSuggests ||
          (relation.kind == RelationKind::kRecommends && !recommends_))
        continue;
      if (!satisfy(relation, depth) && relation.kind != RelationKind::kRecommends)
        return false;
    }
    return true;
  }

  bool satisfy(const PackageRelation& relation, unsigned depth) {
    if (satisfier_in(marked_, relation) != nullptr)
      return true;
    for (const Alternative& alternative : relation.alternatives)
      for (const PackageRecord* record : ranked(alternative))
        if (install(*record, depth + 1))
          return true;
    return false;
  }

  std::vector<const PackageRecord*> ranked(const Alternative& alternative) {
    std::vector<const PackageRecord*> records = alternative.satisfiers;
    const auto rank = [&](const PackageRecord* record) {
      return std::tuple(record->name != alternative.relation.name, !record->essential, !record->important,
                        priority_rank(record->priority));
    };
    std::sort(records.begin(), records.end(), [&](const PackageRecord* a, const PackageRecord* b) {
      if (rank(a) != rank(b))
        return rank(a) < rank(b);
      return a != b && mentions_.rank(a->name) > mentions_.rank(b->name);
    });
    return records;
  }

  bool is_protected(const PackageRecord& record) const {
    const auto found = protected_.find(&record);
    return found != protected_.end() && found->second > 0;
  }

  /// Conflicts hold in both directions, whichever package declares them.
  bool drop_conflicting(const PackageRecord& record) {
    std::vector<const PackageRecord*> hits = note_conflicts(record);
    if (const auto found = conflicting_.find(&record); found != conflicting_.end())
      hits.insert(hits.end(), found->second.begin(), found->second.end());
    for (const PackageRecord* hit : hits) {
      if (marked_.count(hit) == 0)
        continue;
      if (is_protected(*hit))
        return false;
      unmark(*hit);
    }
    return true;
  }

  /// What the record's Conflicts and Breaks hit.
  std::vector<const PackageRecord*> note_conflicts(const PackageRecord& record) {
    std::vector<const PackageRecord*> hits;
    for (const PackageRelation& relation : graph_.relations(record).unwanted)
      for (const PackageRecord* hit : relation.alternatives.front().satisfiers)
        if (hit != &record) {
          hits.push_back(hit);
          conflicting_[hit].push_back(&record);
        }
    return hits;
  }

  const PackageGraph& graph_;
  MentionOrder& mentions_;
  const bool recommends_;
  PackageSet marked_;
  PackageSet processed_;  ///< marked, and its dependencies are or are being satisfied
  PackageSet failed_;
  std::vector<const PackageRecord*> order_;
  std::unordered_map<const PackageRecord*, int> protected_;
  std::unordered_map<const PackageRecord*, std::vector<const PackageRecord*>> conflicting_;
};

}  // namespace

WalkResult walk(const PackageGraph& graph, MentionOrder& mentions,
                std::span<const PackageRecord* const> roots, bool recommends) {
  return Walk(graph, mentions, recommends).run(roots);
}

PackageSet reachable(const PackageGraph& graph, const PackageSet& set,
                     std::span<const PackageRecord* const> roots) {
  PackageSet reached;
  std::vector<const PackageRecord*> open;
  const auto reach = [&](const PackageRecord* record) {
    if (set.count(record) != 0 && reached.insert(record).second)
      open.push_back(record);
  };
  for (const PackageRecord* record : set)
    if (record->essential || record->important)
      reach(record);
  for (const PackageRecord* record : graph.candidates().installed())
    reach(record);
  for (const PackageRecord* root : roots)
    reach(root);
  while (!open.empty()) {
    const PackageRecord* record = open.back();
    open.pop_back();
    for (const PackageRelation& relation : graph.relations(*record).wanted)
      for (const Alternative& alternative : relation.alternatives)
        for (const PackageRecord* satisfier : alternative.satisfiers)
          reach(satisfier);
  }
  return reached;
}

}  // namespace bootstrap
