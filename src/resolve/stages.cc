#include "resolve/stages.h"

#include <algorithm>

namespace bootstrap {
namespace {

/// Grows `closed` by `seeds` and what they depend on (and recommend) within `set`. Where several members
/// satisfy a dependency, one that is there already is enough.
void close(const PackageGraph& graph, const PackageSet& set, std::vector<const PackageRecord*> seeds,
           bool recommends, PackageSet& closed) {
  std::vector<const PackageRecord*> open;
  const auto add = [&](const PackageRecord* record) {
    if (closed.insert(record).second)
      open.push_back(record);
  };
  std::sort(seeds.begin(), seeds.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  std::for_each(seeds.begin(), seeds.end(), add);
  for (std::size_t next = 0; next < open.size(); ++next)
    for (const PackageRelation& relation : graph.relations(*open[next]).wanted) {
      if (relation.kind == RelationKind::kSuggests ||
          (relation.kind == RelationKind::kRecommends && !recommends))
        continue;
      if (satisfier_in(closed, relation) != nullptr)
        continue;
      if (const PackageRecord* satisfier = satisfier_in(set, relation); satisfier != nullptr)
        add(satisfier);
    }
}

}  // namespace

Stages assign_stages(const PackageGraph& graph, const PackageSet& set, std::span<const Root> roots,
                     bool recommends) {
  const auto& installed = graph.candidates().installed();
  PackageSet closed(installed.begin(), installed.end());
  Stages stages;
  const auto assign = [&](unsigned stage) {
    for (const PackageRecord* record : closed)
      stages.try_emplace(record, stage);
  };
  std::vector<const PackageRecord*> seeds;

  for (const PackageRecord* record : set)
    if (record->essential && closed.count(record) == 0)
      seeds.push_back(record);
  close(graph, set, std::exchange(seeds, {}), false, closed);
  assign(0);

  for (const Root& root : roots)
    if (!root.included)
      seeds.push_back(root.record);
  close(graph, set, std::exchange(seeds, {}), recommends, closed);
  assign(1);

  PackageSet included;
  for (const Root& root : roots)
    if (root.included)
      included.insert(root.record);
  for (const PackageRecord* record : set)
    if (closed.count(record) == 0 && included.count(record) == 0)
      seeds.push_back(record);
  close(graph, set, std::exchange(seeds, {}), false, closed);
  assign(2);

  for (const PackageRecord* record : set)
    stages.try_emplace(record, 3);
  for (const PackageRecord* record : installed)
    stages.erase(record);
  return stages;
}

}  // namespace bootstrap
