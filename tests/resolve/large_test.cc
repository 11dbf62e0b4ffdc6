// Relations of a size and shape that no archive has, but a made one may.
#include <fmt/format.h>

#include "base/error.h"
#include "resolve/archive.h"
#include "resolve/bounded_solve.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

constexpr unsigned kMany = 80'000;

template <typename Item>
std::string joined(unsigned count, std::string_view separator, Item item) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : separator, item(i));
  return text;
}

std::size_t chosen(const Archive& archive, const std::string& include) {
  const Catalogue catalogue(archive.index());
  const auto solved = resolve(catalogue, request_for({include}));
  REQUIRE(std::holds_alternative<Solution>(solved));
  return std::get<Solution>(solved).packages.size();
}

}  // namespace

TEST_CASE("a dependency may have very many alternatives") {
  Archive archive;
  const std::string others = joined(kMany, " | ", [](unsigned i) { return fmt::format("none{}", i); });
  archive.add("Package: last");
  archive.add("Package: some\nDepends: " + others + " | last");
  archive.add("Package: none\nDepends: " + others);
  CHECK(chosen(archive, "some") == 2);
  const Catalogue catalogue(archive.index());
  CHECK(std::holds_alternative<Unsolvable>(resolve(catalogue, request_for({"none"}))));
}

TEST_CASE("a package may provide very many names, and another one depend on all of them") {
  Archive archive;
  const std::string names = joined(kMany, ", ", [](unsigned i) { return fmt::format("name{}", i); });
  archive.add("Package: provider\nProvides: " + names);
  archive.add("Package: user\nDepends: " + names);
  CHECK(chosen(archive, "user") == 2);
}

TEST_CASE("dependencies may be deep, and lead round") {
  constexpr unsigned kDeep = 20'000;
  Archive archive;
  std::string last;
  SECTION("a chain") {
    last = "Package: p0";
  }
  SECTION("a circle") {
    last = fmt::format("Package: p0\nDepends: p{}", kDeep - 1);
  }
  archive.add(last);
  for (unsigned i = 1; i < kDeep; ++i)
    archive.add(fmt::format("Package: p{}\nDepends: p{}", i, i - 1));
  CHECK(chosen(archive, fmt::format("p{}", kDeep - 1)) == kDeep);
}

TEST_CASE("a question that would take for ever is given up") {
  // One pigeon more than there are holes: a proof that they do not fit has exponentially many steps.
  constexpr unsigned kHoles = 9;
  Archive archive;
  archive.add("Package: all\nDepends: " +
              joined(kHoles + 1, ", ", [](unsigned pigeon) { return fmt::format("pigeon{}", pigeon); }));
  for (unsigned pigeon = 0; pigeon <= kHoles; ++pigeon) {
    const auto in_hole = [&](unsigned hole) { return fmt::format("at-{}-{}", pigeon, hole); };
    archive.add(fmt::format("Package: pigeon{}\nDepends: {}", pigeon, joined(kHoles, " | ", in_hole)));
    for (unsigned hole = 0; hole < kHoles; ++hole)
      archive.add(
          fmt::format("Package: at-{}-{}\nProvides: hole{}\nConflicts: hole{}", pigeon, hole, hole, hole));
  }
  const Catalogue catalogue(archive.index());
  const ResolveRequest request = request_for({"all"});
  const Candidates candidates(catalogue, request);
  const PackageGraph graph(candidates);
  PackageSet members;
  for (const PackageRecord& record : archive.index().packages)
    members.insert(&record);
  SolvPool pool(graph, members);
  const std::vector<const PackageRecord*> required = {candidates.find("all")};
  try {
    bounded_solve(pool, required, {}, std::chrono::seconds(1));
    FAIL("it was found out");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUnsolvable);
    CHECK(error.message() == "it cannot be told within 1 s whether the packages fit together");
  }
}

}  // namespace bootstrap
