#include "resolve/order.h"

#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;
using Names = std::vector<std::string>;

namespace {

/// The install order of a whole archive as one stage.
Names order(const Archive& archive, const std::string& earlier = {}) {
  const ResolveRequest request = request_for({});
  const Catalogue catalogue(archive.index());
  const Candidates candidates(catalogue, request);
  const PackageGraph graph(candidates);
  PackageSet before, stage;
  for (const PackageRecord& record : archive.index().packages)
    (record.name == earlier ? before : stage).insert(&record);
  Names names;
  for (const PackageRecord* record : install_order(graph, before, stage))
    names.emplace_back(record->name);
  return names;
}

}  // namespace

TEST_CASE("dependencies first, names where there is a choice") {
  Archive archive;
  archive.add("Package: c").add("Package: a\nDepends: d").add("Package: d").add("Package: b");
  CHECK(order(archive) == Names{"d", "a", "b", "c"});
}

TEST_CASE("a circle stands together, Pre-Depends first within it") {
  Archive archive;
  archive.add("Package: a\nPre-Depends: b\nDepends: x")
      .add("Package: b\nDepends: c")
      .add("Package: c\nDepends: a");
  archive.add("Package: x").add("Package: user\nDepends: a");
  CHECK(order(archive) == Names{"x", "b", "a", "c", "user"});
}

TEST_CASE("a circle of Pre-Depends is broken by name") {
  Archive archive;
  archive.add("Package: b\nPre-Depends: a").add("Package: a\nPre-Depends: b");
  CHECK(order(archive) == Names{"a", "b"});
}

TEST_CASE("what an earlier stage satisfies asks for no order") {
  Archive archive;
  archive.add("Package: a\nDepends: early | z").add("Package: early").add("Package: z");
  CHECK(order(archive) == Names{"early", "a", "z"});
  CHECK(order(archive, "early") == Names{"a", "z"});
}

TEST_CASE("Recommends ask for no order") {
  Archive archive;
  archive.add("Package: a\nRecommends: b").add("Package: b");
  CHECK(order(archive) == Names{"a", "b"});
}
