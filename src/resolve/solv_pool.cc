#include "resolve/solv_pool.h"

#include <algorithm>
#include <new>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

// A struct of libsolv has a member that C++20 made a keyword; clang warns of the cure.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define requires solv_requires
extern "C" {
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
// problems.h needs the types of solver.h.
#include <solv/problems.h>
}
#undef requires

namespace bootstrap {
namespace {

struct FreePool {
  void operator()(Pool* pool) const { pool_free(pool); }
};
struct FreeSolver {
  void operator()(Solver* solver) const { solver_free(solver); }
};

class IdQueue {
 public:
  IdQueue() { queue_init(&queue_); }
  ~IdQueue() { queue_free(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;

  void push(Id id) { queue_push(&queue_, id); }
  void push(Id first, Id second) { queue_push2(&queue_, first, second); }
  Queue* get() { return &queue_; }
  std::span<const Id> ids() const { return {queue_.elements, static_cast<std::size_t>(queue_.count)}; }

 private:
  Queue queue_;
};

}  // namespace

/// The pool and how its numbers map to what they stand for.
struct SolvPool::State {
  explicit State(const PackageGraph& package_graph) : graph(package_graph) {
    if (!pool)
      throw std::bad_alloc();
    pool_setdisttype(pool.get(), DISTTYPE_DEB);
  }

  void add_solvables(const PackageSet& members);
  void add_relations();

  const PackageRecord* record(Id solvable) const {
    const auto index = static_cast<std::size_t>(solvable);
    return solvable > 0 && index < records.size() ? records[index] : nullptr;
  }
  const PackageRelation* relation(const PackageRecord& from, Id dependency);
  std::vector<SolverFact> facts(Solver& solver);

  const PackageGraph& graph;
  std::unique_ptr<Pool, FreePool> pool{pool_create()};
  std::unordered_map<const PackageRecord*, Id> solvables;
  std::vector<const PackageRecord*> records;  ///< by solvable

 private:
  Id string_id(const std::string& text) { return pool_str2id(pool.get(), text.c_str(), 1); }
  Id capability(const Alternative& alternative);
  Id any_of(std::span<const Alternative> alternatives);
  Id dependency(const PackageRelation& relation) { return any_of(relation.alternatives); }
  /// All at once: to add one after the other takes libsolv a look at all that are there, each time.
  void set_dependencies(Id solvable, Id key, const std::vector<Id>& ids);

  std::unordered_map<std::string, Id> capabilities_;
  std::unordered_map<Id, std::vector<Id>> provided_;  ///< capabilities, by solvable
  /// Of the packages that facts are about.
  std::unordered_map<const PackageRecord*, std::unordered_map<Id, const PackageRelation*>> relations_;
};

void SolvPool::State::add_solvables(const PackageSet& members) {
  // Solvable numbers break ties, so they must not follow the addresses in a set. No two candidates share a
  // name.
  std::vector<const PackageRecord*> ordered(members.begin(), members.end());
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  Repo* repo = repo_create(pool.get(), "candidates");
  for (const PackageRecord* record : ordered) {
    const Id id = repo_add_solvable(repo);
    Solvable* solvable = pool_id2solvable(pool.get(), id);
    solvable->name = string_id(std::string(record->name));
    solvable->evr = string_id(std::string(record->version));
    solvable->arch = ARCH_ALL;
    solvables.emplace(record, id);
    records.resize(static_cast<std::size_t>(id) + 1);
    records.back() = record;
  }
}

void SolvPool::State::add_relations() {
  const auto& installed = graph.candidates().installed();
  const PackageSet given(installed.begin(), installed.end());
  for (const PackageRecord* record : records) {
    if (record == nullptr)
      continue;
    const PackageRelations& relations = graph.relations(*record);
    std::vector<Id> needed;
    std::vector<Id> hated;
    for (const PackageRelation& wanted : relations.wanted)
      if ((wanted.kind == RelationKind::kPreDepends || wanted.kind == RelationKind::kDepends) &&
          given.count(record) == 0)  // the parent's set was proven when it was locked
        needed.push_back(dependency(wanted));
    for (const PackageRelation& unwanted : relations.unwanted)
      hated.push_back(dependency(unwanted));
    set_dependencies(solvables.at(record), SOLVABLE_REQUIRES, needed);
    set_dependencies(solvables.at(record), SOLVABLE_CONFLICTS, hated);
  }
  for (const auto& [solvable, capabilities] : provided_)
    set_dependencies(solvable, SOLVABLE_PROVIDES, capabilities);
  pool_createwhatprovides(pool.get());
}

void SolvPool::State::set_dependencies(Id solvable, Id key, const std::vector<Id>& ids) {
  IdQueue queue;
  std::unordered_set<Id> known;
  for (const Id id : ids)
    if (known.insert(id).second)
      queue.push(id);
  solvable_set_deparray(pool_id2solvable(pool.get(), solvable), key, queue.get(), 0);
}

/// A balanced tree: libsolv goes down it by recursion, and keeps a list of providers for each node.
Id SolvPool::State::any_of(std::span<const Alternative> alternatives) {
  if (alternatives.size() == 1)
    return capability(alternatives.front());
  const std::size_t half = (alternatives.size() + 1) / 2;
  const Id first = any_of(alternatives.first(half));
  return pool_rel2id(pool.get(), first, any_of(alternatives.subspan(half)), REL_OR, 1);
}

/// The relation's text as a name, provided by those who satisfy it. No package's name begins with a bracket.
Id SolvPool::State::capability(const Alternative& alternative) {
  const auto [position, is_new] = capabilities_.try_emplace("<" + text_of(alternative.relation) + ">", 0);
  if (is_new) {
    position->second = string_id(position->first);
    for (const PackageRecord* record : alternative.satisfiers)
      if (const auto found = solvables.find(record); found != solvables.end())
        provided_[found->second].push_back(position->second);
  }
  return position->second;
}

SolvPool::SolvPool(const PackageGraph& graph, const PackageSet& members)
    : state_(std::make_unique<State>(graph)) {
  state_->add_solvables(members);
  state_->add_relations();
}

SolvPool::~SolvPool() = default;

std::variant<PackageSet, std::vector<SolverFact>> SolvPool::solve(
    std::span<const PackageRecord* const> required, std::span<const PackageRecord* const> wished) {
  IdQueue jobs;
  for (const PackageRecord* record : state_->graph.candidates().installed())
    jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE, state_->solvables.at(record));
  for (const PackageRecord* record : required)
    jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE, state_->solvables.at(record));
  for (const PackageRecord* record : wished) {
    const Id id = state_->solvables.at(record);
    jobs.push(SOLVER_FAVOR | SOLVER_SOLVABLE, id);
    jobs.push(SOLVER_INSTALL | SOLVER_SOLVABLE | SOLVER_WEAK, id);
  }
  const std::unique_ptr<Solver, FreeSolver> solver(solver_create(state_->pool.get()));
  if (!solver)
    throw std::bad_alloc();
  if (solver_solve(solver.get(), jobs.get()) > 0)
    return state_->facts(*solver);
  IdQueue decisions;
  solver_get_decisionqueue(solver.get(), decisions.get());
  PackageSet set;
  for (const Id id : decisions.ids())
    if (const PackageRecord* record = state_->record(id); record != nullptr)
      set.insert(record);
  return set;
}

/// Which of the package's own relations became this dependency: the first, should several have.
const PackageRelation* SolvPool::State::relation(const PackageRecord& from, Id wanted) {
  const auto [position, is_new] = relations_.try_emplace(&from);
  auto& by_dependency = position->second;
  if (is_new) {
    const PackageRelations& relations = graph.relations(from);
    for (const auto* list : {&relations.wanted, &relations.unwanted})
      for (const PackageRelation& relation : *list)
        by_dependency.emplace(dependency(relation), &relation);
  }
  const auto found = by_dependency.find(wanted);
  return found == by_dependency.end() ? nullptr : found->second;
}

std::vector<SolverFact> SolvPool::State::facts(Solver& solver) {
  std::vector<SolverFact> facts;
  std::set<std::tuple<SolverFact::Kind, const PackageRecord*, const PackageRecord*, const PackageRelation*>>
      known;
  const auto add = [&](const SolverFact& fact) {
    if (fact.relation != nullptr && known.emplace(fact.kind, fact.from, fact.to, fact.relation).second)
      facts.push_back(fact);
  };
  const auto problems = static_cast<Id>(solver_problem_count(&solver));
  for (Id problem = 1; problem <= problems; ++problem) {
    IdQueue rules;
    solver_findallproblemrules(&solver, problem, rules.get());
    for (const Id rule : rules.ids()) {
      IdQueue infos;
      solver_allruleinfos(&solver, rule, infos.get());
      // Quadruples: type, from, to, dependency. In rules made from jobs `from` and `to` are no solvables, but
      // those only say that a package is required, which the caller knows.
      for (auto info = infos.ids(); info.size() >= 4; info = info.subspan(4)) {
        const PackageRecord* from = record(info[1]);
        if (info[0] == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP)
          add({SolverFact::Kind::kUnmet, from, nullptr, relation(*from, info[3])});
        else if (info[0] == SOLVER_RULE_PKG_REQUIRES)
          add({SolverFact::Kind::kRequires, from, nullptr, relation(*from, info[3])});
        else if (info[0] == SOLVER_RULE_PKG_CONFLICTS)
          add({SolverFact::Kind::kConflicts, from, record(info[2]), relation(*from, info[3])});
      }
    }
  }
  return facts;
}

}  // namespace bootstrap
