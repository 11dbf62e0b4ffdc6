// The walk chooses, libsolv proves. The proof needs a pool of the chosen packages only. Where the walk did
// not get through, or the proof fails, libsolv is given every candidate that could matter, keeps what it can
// of the walk's choice, and either finds a set or says why there is none.
#include <algorithm>

#include "resolve/bounded_solve.h"
#include "resolve/explain.h"
#include "resolve/order.h"
#include "resolve/reasons.h"
#include "resolve/resolve.h"
#include "resolve/roots.h"
#include "resolve/solv_pool.h"
#include "resolve/stages.h"
#include "resolve/walk.h"

namespace bootstrap {
namespace {

using Records = std::vector<const PackageRecord*>;

/// Every candidate that is, or satisfies a dependency of, a member: nothing else can help to solve it.
PackageSet dependency_closure(const PackageGraph& graph, PackageSet members) {
  Records open(members.begin(), members.end());
  while (!open.empty()) {
    const PackageRecord* record = open.back();
    open.pop_back();
    for (const PackageRelation& relation : graph.relations(*record).wanted)
      if (relation.kind == RelationKind::kPreDepends || relation.kind == RelationKind::kDepends)
        for (const Alternative& alternative : relation.alternatives)
          for (const PackageRecord* satisfier : alternative.satisfiers)
            if (members.insert(satisfier).second)
              open.push_back(satisfier);
  }
  return members;
}

std::variant<PackageSet, Unsolvable> choose(const PackageGraph& graph, const std::vector<Root>& roots,
                                            bool recommends) {
  Records required;
  for (const Root& root : roots)
    required.push_back(root.record);
  MentionOrder& mentions = graph.candidates().catalogue().mentions();
  const WalkResult walked = walk(graph, mentions, required, recommends);
  if (walked.complete)
    if (auto proven = SolvPool(graph, walked.set).solve(required, walked.order);
        std::holds_alternative<PackageSet>(proven))
      return reachable(graph, std::get<PackageSet>(proven), required);

  PackageSet members = walked.set;
  members.insert(required.begin(), required.end());
  SolvPool pool(graph, dependency_closure(graph, std::move(members)));
  auto solved = bounded_solve(pool, required, walked.order);
  if (const auto* facts = std::get_if<std::vector<SolverFact>>(&solved))
    return explain(graph, roots, *facts);
  return reachable(graph, std::get<PackageSet>(solved), required);
}

Solution arrange(const PackageGraph& graph, const PackageSet& set, const std::vector<Root>& roots,
                 bool recommends) {
  constexpr unsigned kStages = 4;
  const Stages stages = assign_stages(graph, set, roots, recommends);
  const auto reasons = find_reasons(graph, set, roots);
  const auto& installed = graph.candidates().installed();
  PackageSet earlier(installed.begin(), installed.end());
  Solution solution;
  for (unsigned stage = 0; stage < kStages; ++stage) {
    PackageSet members;
    for (const auto& [record, own_stage] : stages)
      if (own_stage == stage)
        members.insert(record);
    for (const PackageRecord* record : install_order(graph, earlier, members)) {
      solution.packages.push_back({record, stage, reasons.at(record)});
      earlier.insert(record);
    }
  }
  return solution;
}

}  // namespace

std::variant<Solution, Unsolvable> resolve(const Catalogue& catalogue, const ResolveRequest& request) {
  const Candidates candidates(catalogue, request);
  Roots roots = find_roots(candidates);
  if (!roots.problems.empty())
    return Unsolvable{std::move(roots.problems)};
  const PackageGraph graph(candidates);
  auto chosen = choose(graph, roots.roots, request.packages.recommends);
  if (auto* unsolvable = std::get_if<Unsolvable>(&chosen))
    return std::move(*unsolvable);
  return arrange(graph, std::get<PackageSet>(chosen), roots.roots, request.packages.recommends);
}

}  // namespace bootstrap
