// libsolv, wrapped once. It is given what relations *mean* rather than their text: every relation becomes a
// capability of its own name which exactly the candidates that satisfy it provide. So versions are compared
// and Debian's rules for Provides and :any applied in one place only (package_graph), and what libsolv gets
// wrong or differently there (docs/resolver.md) does not matter.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "resolve/package_graph.h"

namespace bootstrap {

/// One reason why a set cannot be.
struct SolverFact {
  enum class Kind {
    kUnmet,     ///< nothing satisfies `dependency` of `from`
    kRequires,  ///< `from` has `dependency`; why that does not help is in other facts
    kConflicts  ///< `from` declares `dependency` against `to`
  };
  Kind kind;
  const PackageRecord* from;
  const PackageRecord* to;  ///< kConflicts only
  const PackageRelation* relation;
};

class SolvPool {
 public:
  /// A pool of these candidates (installed ones included) and nothing else.
  SolvPool(const PackageGraph& graph, const PackageSet& members);
  ~SolvPool();
  SolvPool(const SolvPool&) = delete;
  SolvPool& operator=(const SolvPool&) = delete;

  /// A set that holds all of `required` with their dependencies and no conflict, or the facts that rule every
  /// such set out. Among sets, one with as many of `wished` as libsolv can keep, earlier ones first.
  std::variant<PackageSet, std::vector<SolverFact>> solve(std::span<const PackageRecord* const> required,
                                                          std::span<const PackageRecord* const> wished);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bootstrap
