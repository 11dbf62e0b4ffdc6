// The candidates as a graph: their relationship fields, parsed when first asked for, and which candidates a
// relation means. Everything that walks, proves, orders or explains looks at packages through this.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "debian/relation.h"
#include "resolve/candidates.h"

namespace bootstrap {

/// Strongest first.
enum class RelationKind { kPreDepends, kDepends, kRecommends, kSuggests, kConflicts, kBreaks };
/// The name of the field: "Pre-Depends".
std::string_view name_of(RelationKind kind);

/// A relation and the candidates which satisfy it (or, in Conflicts and Breaks, are meant by it): first the
/// one of that name, then those that provide it, in the order of the index.
struct Alternative {
  Relation relation;
  std::vector<const PackageRecord*> satisfiers;
};

struct PackageRelation {
  RelationKind kind;
  std::vector<Alternative> alternatives;  ///< exactly one in Conflicts and Breaks
};
/// As the field has it: "default-mta | mail-transport-agent".
std::string text_of(const PackageRelation& relation);

struct PackageRelations {
  /// Pre-Depends, then Depends, Recommends, Suggests; each in the order of its field.
  std::vector<PackageRelation> wanted;
  /// Conflicts, then Breaks.
  std::vector<PackageRelation> unwanted;
};

using PackageSet = std::unordered_set<const PackageRecord*>;

/// The first member of `set` that satisfies the relation, alternatives in order; null if none does.
const PackageRecord* satisfier_in(const PackageSet& set, const PackageRelation& relation);

class PackageGraph {
 public:
  explicit PackageGraph(const Candidates& candidates) : candidates_(candidates) {}
  PackageGraph(const PackageGraph&) = delete;
  PackageGraph& operator=(const PackageGraph&) = delete;

  const Candidates& candidates() const { return candidates_; }

  /// Throws kFailure, naming the package and the field, for a field that cannot be parsed. The reference
  /// stays valid as long as the graph.
  const PackageRelations& relations(const PackageRecord& record) const;

 private:
  void parse_field(const PackageRecord& record, RelationKind kind, std::string_view field,
                   std::vector<PackageRelation>& relations) const;
  std::vector<const PackageRecord*> satisfiers(const Relation& relation) const;

  const Candidates& candidates_;
  mutable std::unordered_map<const PackageRecord*, PackageRelations> parsed_;
};

}  // namespace bootstrap
