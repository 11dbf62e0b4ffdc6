// The rules, per package: mark it; drop what its Conflicts and Breaks hit, or fail if that is protected; then
// satisfy Pre-Depends, Depends and Recommends in field order. A dependency which a marked package satisfies
// is skipped; otherwise its alternatives are tried in order, and the providers of one alternative in order of
// rank. A package whose dependency fails is unmarked and never tried again. Roots are protected, and so is
// whatever a protected package cannot do without; what a protected package conflicts with is out for good.
#include "resolve/walk.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "resolve/settle.h"

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
    std::for_each(roots.begin(), roots.end(), [this](const PackageRecord* root) { mark(*root); });
    protected_.insert(roots.begin(), roots.end());
    WalkResult result;
    result.complete = true;
    for (const PackageRecord* root : roots)
      result.complete = install(*root, Protection::kLasting, 0) && result.complete;
    // Packages that nobody protects may have been marked although a marked one conflicts with them.
    const auto settled = settle_conflicts(graph_, order_, PackageSet(roots.begin(), roots.end()), protected_);
    result.set = reachable(graph_, PackageSet(settled.begin(), settled.end()), roots);
    std::copy_if(settled.begin(), settled.end(), std::back_inserter(result.order),
                 [&](const PackageRecord* record) { return result.set.count(record) != 0; });
    return result;
  }

 private:
  enum class Protection { kWhileBusy, kLasting };

  void keep(const PackageRecord& installed) {
    mark(installed);
    protected_.insert(&installed);
    processed_.insert(&installed);
    fenced_.insert(&installed);
    drop_conflicting(installed, Protection::kLasting);
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

  bool is_protected(const PackageRecord& record) const {
    return protected_.count(&record) != 0 || busy_.count(&record) != 0;
  }

  bool install(const PackageRecord& record, Protection protection, unsigned depth) {
    if (out_.count(&record) != 0 || depth > kMaxDepth)
      return false;
    const bool is_new = processed_.insert(&record).second;
    const bool is_newly_fenced = protection == Protection::kLasting && fenced_.insert(&record).second;
    if (!is_new && !is_newly_fenced)
      return true;
    mark(record);
    if (is_newly_fenced)
      protected_.insert(&record);
    const bool is_outermost = busy_.insert(&record).second;  // a circle may lead back here
    const bool installed =
        drop_conflicting(record, protection) && install_dependencies(record, protection, depth);
    if (is_outermost)
      busy_.erase(&record);
    if (!installed)
      give_up(record);
    return installed;
  }

  void give_up(const PackageRecord& record) {
    unmark(record);
    protected_.erase(&record);
    out_.insert(&record);
  }

  /// Unmarks what the package's Conflicts and Breaks hit; false if they hit a protected package.
  bool drop_conflicting(const PackageRecord& record, Protection protection) {
    for (const PackageRelation& relation : graph_.relations(record).unwanted)
      for (const PackageRecord* hit : relation.alternatives.front().satisfiers) {
        if (hit == &record)
          continue;
        if (marked_.count(hit) != 0 && is_protected(*hit))
          return false;
        if (protection == Protection::kLasting)
          give_up(*hit);
        else if (marked_.count(hit) != 0)
          unmark(*hit);
      }
    return true;
  }

  bool install_dependencies(const PackageRecord& record, Protection protection, unsigned depth) {
    for (const PackageRelation& relation : graph_.relations(record).wanted) {
      if (relation.kind == RelationKind::kSuggests ||
          (relation.kind == RelationKind::kRecommends && !recommends_))
        continue;
      const bool is_hard = relation.kind != RelationKind::kRecommends;
      if (!satisfy(relation, is_hard ? protection : Protection::kWhileBusy, depth) && is_hard)
        return false;
    }
    return true;
  }

  bool satisfy(const PackageRelation& relation, Protection protection, unsigned depth) {
    if (protection == Protection::kLasting)
      if (const PackageRecord* only = only_solution(relation); only != nullptr)
        return install(*only, protection, depth + 1);
    if (satisfier_in(marked_, relation) != nullptr)
      return true;
    for (const Alternative& alternative : relation.alternatives)
      for (const PackageRecord* record : ranked(alternative))
        if (install(*record, Protection::kWhileBusy, depth + 1))
          return true;
    return false;
  }

  /// What must be installed for the relation to hold; null if nothing can be, or there is a choice.
  const PackageRecord* only_solution(const PackageRelation& relation) const {
    const PackageRecord* only = nullptr;
    for (const Alternative& alternative : relation.alternatives)
      for (const PackageRecord* record : alternative.satisfiers) {
        if (record == only || out_.count(record) != 0)
          continue;
        if (only != nullptr)
          return nullptr;
        only = record;
      }
    return only;
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

  const PackageGraph& graph_;
  MentionOrder& mentions_;
  const bool recommends_;
  PackageSet marked_;
  PackageSet processed_;  ///< marked, and its dependencies are or are being satisfied
  PackageSet protected_;  ///< roots, and what they cannot do without
  PackageSet fenced_;     ///< protected, and so are or are being those it cannot do without
  PackageSet busy_;       ///< being processed, which protects too
  PackageSet out_;        ///< failed, or in conflict with a protected package
  std::vector<const PackageRecord*> order_;  ///< of marking
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
