#include "resolve/reasons.h"

#include <fmt/format.h>

#include <array>

namespace bootstrap {

std::unordered_map<const PackageRecord*, std::string> find_reasons(const PackageGraph& graph,
                                                                   const PackageSet& set,
                                                                   std::span<const Root> roots) {
  std::unordered_map<const PackageRecord*, std::string> reasons;
  std::vector<const PackageRecord*> reached;
  const auto reach = [&](const PackageRecord* record, const std::string& reason) {
    if (reasons.try_emplace(record, reason).second)
      reached.push_back(record);
  };
  for (const Root& root : roots)
    reach(root.record, root.reason);
  for (const PackageRecord* record : graph.candidates().installed())
    reach(record, "in the parent");
  // Weaker relations only explain what stronger ones leave over.
  for (const RelationKind weakest :
       {RelationKind::kDepends, RelationKind::kRecommends, RelationKind::kSuggests})
    for (std::size_t next = 0; next < reached.size(); ++next)
      for (const PackageRelation& relation : graph.relations(*reached[next]).wanted) {
        if (relation.kind > weakest)
          continue;
        for (const Alternative& alternative : relation.alternatives)
          for (const PackageRecord* satisfier : alternative.satisfiers)
            if (set.count(satisfier) != 0 && reasons.count(satisfier) == 0)
              reach(satisfier,
                    fmt::format("{} {} {}", reached[next]->name, name_of(relation.kind), text_of(relation)));
      }
  return reasons;
}

}  // namespace bootstrap
