// Relationship fields of binary packages: "libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0" (policy 7.1).
// Views point into the field's text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

enum class VersionOperator { kNone, kLess, kLessOrEqual, kEqual, kGreaterOrEqual, kGreater };

/// One package name with what its version must be: "python3:any (>= 3.9~)".
struct Relation {
  std::string_view name;
  std::string_view qualifier;  ///< what follows the colon: any, native or an architecture; mostly empty
  VersionOperator op = VersionOperator::kNone;
  std::string_view version;
  std::string_view text;  ///< as it stands in the field
};

/// Alternatives, of which one must hold. In Conflicts, Breaks, Provides: exactly one element.
using Dependency = std::vector<Relation>;

/// Throws kFailure, quoting the part that is wrong, for what is not a relationship field of a binary package.
std::vector<Dependency> parse_relations(std::string_view field);

/// Whether `version` stands in the relation's operator to its version. True without an operator.
bool version_fits(const Relation& relation, std::string_view version);

/// The relation as it stands in the field, on one line: "libc6 (>= 2.34)".
std::string text_of(const Relation& relation);

}  // namespace bootstrap
