#include "resolve/settle.h"

#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// A whole archive as marked packages, the first of them the root.
struct Marked {
  explicit Marked(const Archive& packages)
      : archive(packages), catalogue(archive.index()), candidates(catalogue, request), graph(candidates) {
    candidates.for_each([this](const PackageRecord& record) { records.push_back(&record); });
    roots.insert(records.front());
  }

  int score(std::string_view name) const { return package_scores(graph, records, roots).at(name); }

  std::vector<std::string> settled() const {
    std::vector<std::string> names;
    for (const PackageRecord* record : settle_conflicts(graph, records, roots, roots))
      names.emplace_back(record->name);
    return names;
  }

  const Archive& archive;
  ResolveRequest request = request_for({});
  Catalogue catalogue;
  Candidates candidates;
  PackageGraph graph;
  std::vector<const PackageRecord*> records;
  PackageSet roots;
};

using Names = std::vector<std::string>;

}  // namespace

// The numbers are what apt 2.6.1 prints for the same packages with Debug::pkgProblemResolver::ShowScores.
TEST_CASE("scores: priorities, mentions and inheritance") {
  Archive archive;
  archive.add("Package: r\nDepends: a, b, c").add("Package: a\nPriority: required\nDepends: x, y");
  archive.add("Package: b\nPriority: important\nDepends: x")
      .add("Package: c\nPriority: standard\nDepends: x");
  archive.add("Package: x\nPriority: extra").add("Package: y\nEssential: yes");
  const Marked marked(archive);
  CHECK(marked.score("r") == 9999);
  CHECK(marked.score("a") == 4);
  CHECK(marked.score("b") == 3);
  CHECK(marked.score("x") == 10);
  CHECK(marked.score("y") == 5104);
}

TEST_CASE("scores: every relation counts") {
  Archive archive;
  archive.add("Package: r\nPriority: required\nDepends: a");
  archive.add(
      "Package: a\nPriority: required\nPre-Depends: x\nDepends: x | k, x, y (<< 0) | x\nRecommends: "
      "x\nSuggests: x");
  archive.add("Package: x");
  CHECK(Marked(archive).score("x") == 24);
}

TEST_CASE("scores: provided names and conflicts") {
  Archive archive;
  archive.add("Package: r\nDepends: v, a").add("Package: a\nDepends: v");
  archive.add("Package: p\nProvides: v, v (= 1), w\nConflicts: p, z\nDepends: q")
      .add("Package: q")
      .add("Package: z");
  const Marked marked(archive);
  CHECK(marked.score("v") == 2);
  CHECK(marked.score("p") == 1);
  CHECK(marked.score("q") == 1);
  CHECK(marked.score("z") == -2);
}

TEST_CASE("the lower of two goes, and whoever cannot do without it") {
  Archive archive;
  archive.add("Package: r\nRecommends: old-user, new, new-user").add("Package: old-user\nDepends: old");
  archive.add("Package: old").add("Package: new\nConflicts: old").add("Package: new-user\nRecommends: new");
  CHECK(Marked(archive).settled() == Names{"r", "new", "new-user"});
}

TEST_CASE("at a tie the one that declares the conflict goes") {
  Archive archive;
  archive.add("Package: r\nRecommends: a, b")
      .add("Package: a\nConflicts: c")
      .add("Package: b")
      .add("Package: c");
  archive.add("Package: user\nRecommends: c");
  CHECK(Marked(archive).settled() == Names{"r", "a", "b", "user"});
  archive.add("Package: other\nRecommends: c");
  CHECK(Marked(archive).settled() == Names{"r", "b", "c", "user", "other"});
}

TEST_CASE("protected packages stay") {
  Archive archive;
  archive.add("Package: r\nConflicts: a").add("Package: a");
  CHECK(Marked(archive).settled() == Names{"r"});
}
