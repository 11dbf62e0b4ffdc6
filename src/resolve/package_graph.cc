#include "resolve/package_graph.h"

#include <fmt/format.h>

#include "base/error.h"

namespace bootstrap {
namespace {

/// Unversioned Provides never satisfy a versioned relation (policy 7.5).
bool provides(const Provider& provider, const Relation& relation) {
  return relation.op == VersionOperator::kNone ||
         (!provider.version.empty() && version_fits(relation, provider.version));
}

}  // namespace

std::string_view name_of(RelationKind kind) {
  switch (kind) {
    case RelationKind::kPreDepends:
      return "Pre-Depends";
    case RelationKind::kDepends:
      return "Depends";
    case RelationKind::kRecommends:
      return "Recommends";
    case RelationKind::kSuggests:
      return "Suggests";
    case RelationKind::kConflicts:
      return "Conflicts";
    case RelationKind::kBreaks:
      return "Breaks";
  }
  return {};
}

const PackageRelations& PackageGraph::relations(const PackageRecord& record) const {
  const auto [position, is_new] = parsed_.try_emplace(&record);
  PackageRelations& relations = position->second;
  if (is_new) {
    parse_field(record, RelationKind::kPreDepends, record.pre_depends, relations.wanted);
    parse_field(record, RelationKind::kDepends, record.depends, relations.wanted);
    parse_field(record, RelationKind::kRecommends, record.recommends, relations.wanted);
    parse_field(record, RelationKind::kSuggests, record.suggests, relations.wanted);
    parse_field(record, RelationKind::kConflicts, record.conflicts, relations.unwanted);
    parse_field(record, RelationKind::kBreaks, record.breaks, relations.unwanted);
  }
  return relations;
}

void PackageGraph::parse_field(const PackageRecord& record, RelationKind kind, std::string_view field,
                               std::vector<PackageRelation>& relations) const {
  try {
    for (const Dependency& dependency : parse_relations(field)) {
      PackageRelation& parsed = relations.emplace_back(PackageRelation{kind, {}});
      for (const Relation& relation : dependency)
        parsed.alternatives.push_back({relation, satisfiers(relation)});
    }
  } catch (Error& error) {
    error.prepend(fmt::format("package {} {}: {}", record.name, record.version, name_of(kind)));
    throw;
  }
}

/// `:any` asks for Multi-Arch: allowed. There are no foreign architectures, so another one's name means
/// nobody.
std::vector<const PackageRecord*> PackageGraph::satisfiers(const Relation& relation) const {
  std::vector<const PackageRecord*> satisfiers;
  const bool any = relation.qualifier == "any";
  if (!relation.qualifier.empty() && !any && relation.qualifier != "native" &&
      relation.qualifier != candidates_.request().architecture)
    return satisfiers;
  if (const PackageRecord* record = candidates_.find(relation.name);
      record != nullptr && version_fits(relation, record->version) &&
      (!any || record->multi_arch == "allowed"))
    satisfiers.push_back(record);
  if (any)
    return satisfiers;
  for (const Provider& provider : candidates_.providers(relation.name))
    if (provides(provider, relation) && (satisfiers.empty() || satisfiers.back() != provider.record))
      satisfiers.push_back(provider.record);
  return satisfiers;
}

std::string text_of(const PackageRelation& relation) {
  std::string text;
  for (const Alternative& alternative : relation.alternatives) {
    if (!text.empty())
      text += " | ";
    text += text_of(alternative.relation);
  }
  return text;
}

const PackageRecord* satisfier_in(const PackageSet& set, const PackageRelation& relation) {
  for (const Alternative& alternative : relation.alternatives)
    for (const PackageRecord* record : alternative.satisfiers)
      if (set.count(record) != 0)
        return record;
  return nullptr;
}

}  // namespace bootstrap
