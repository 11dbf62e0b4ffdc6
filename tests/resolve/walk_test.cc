#include "resolve/walk.h"

#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;
using Names = std::vector<std::string>;

TEST_CASE("the first alternative that can be installed is taken") {
  Archive archive;
  archive.add("Package: a\nDepends: b | c").add("Package: b").add("Package: c");
  CHECK(names(archive, request_for({"a"})) == Names{"a", "b"});

  SECTION("unless another one is there already") {
    CHECK(names(archive, request_for({"a", "c"})) == Names{"a", "c"});
  }
  SECTION("unless its own dependencies cannot be met") {
    archive.add("Package: x\nDepends: y | b").add("Package: y\nDepends: missing");
    CHECK(names(archive, request_for({"x"})) == Names{"b", "x"});
  }
}

TEST_CASE("what only a failed branch asked for is not installed") {
  Archive archive;
  archive.add("Package: a\nDepends: b | c")
      .add("Package: b\nDepends: d, missing")
      .add("Package: c")
      .add("Package: d");
  CHECK(names(archive, request_for({"a"})) == Names{"a", "c"});
}

TEST_CASE("providers are ranked") {
  Archive archive;
  archive.add("Package: a\nDepends: mta");
  SECTION("the package of that name first") {
    archive.add("Package: postfix\nProvides: mta").add("Package: mta");
    CHECK(names(archive, request_for({"a"})) == Names{"a", "mta"});
  }
  SECTION("then by priority") {
    archive.add("Package: exim\nPriority: standard\nProvides: mta").add("Package: postfix\nProvides: mta");
    CHECK(names(archive, request_for({"a"})) == Names{"a", "exim"});
  }
  SECTION("then Essential before priority") {
    archive.add("Package: exim\nPriority: required\nProvides: mta");
    archive.add("Package: postfix\nEssential: yes\nProvides: mta");
    CHECK(names(archive, request_for({"a"})) == Names{"a", "postfix"});
  }
  SECTION("then the one that the index mentions last") {
    archive.add("Package: exim\nProvides: mta").add("Package: postfix\nProvides: mta");
    CHECK(names(archive, request_for({"a"})) == Names{"a", "postfix"});
  }
}

TEST_CASE("Provides satisfy versions only if they are versioned") {
  Archive archive;
  archive.add("Package: a\nDepends: v (>= 2)").add("Package: b\nDepends: v");
  archive.add("Package: plain\nProvides: v").add("Package: old\nProvides: v (= 1)");
  CHECK(names(archive, request_for({"b"})) == Names{"b", "old"});
  CHECK(names(archive, request_for({"a"})).front().starts_with("unsolvable"));
  archive.add("Package: new\nProvides: v (= 2)");
  CHECK(names(archive, request_for({"a"})) == Names{"a", "new"});
}

TEST_CASE("architecture qualifiers") {
  Archive archive;
  archive.add("Package: python3\nMulti-Arch: allowed").add("Package: perl");
  archive.add("Package: any\nDepends: python3:any").add("Package: native\nDepends: perl:native, perl:amd64");
  archive.add("Package: not-allowed\nDepends: perl:any").add("Package: foreign\nDepends: perl:i386");
  CHECK(names(archive, request_for({"any"})) == Names{"any", "python3"});
  CHECK(names(archive, request_for({"native"})) == Names{"native", "perl"});
  CHECK(names(archive, request_for({"not-allowed"})).front().starts_with("unsolvable"));
  CHECK(names(archive, request_for({"foreign"})).front().starts_with("unsolvable"));
}

TEST_CASE("Recommends are followed on request and never fail a package") {
  Archive archive;
  archive.add("Package: a\nRecommends: b, missing, c").add("Package: b").add("Package: c\nConflicts: a");
  ResolveRequest request = request_for({"a"});
  CHECK(names(archive, request) == Names{"a"});
  request.packages.recommends = true;
  CHECK(names(archive, request) == Names{"a", "b"});
}

TEST_CASE("conflicts steer the choice") {
  Archive archive;
  SECTION("of an alternative with a requested package, declared on either side") {
    archive.add("Package: a\nDepends: b | c")
        .add("Package: b\nConflicts: x")
        .add("Package: c")
        .add("Package: x");
    archive.add("Package: y\nBreaks: b (<< 2)");
    CHECK(names(archive, request_for({"a", "x"})) == Names{"a", "c", "x"});
    CHECK(names(archive, request_for({"a", "y"})) == Names{"a", "c", "y"});
  }
  SECTION("with what a requested package cannot do without") {
    archive.add("Package: a\nDepends: b")
        .add("Package: b")
        .add("Package: c\nRecommends: d")
        .add("Package: d\nConflicts: b");
    ResolveRequest request = request_for({"c", "a"});
    request.packages.recommends = true;
    CHECK(names(archive, request) == Names{"a", "b", "c"});
  }
  SECTION("a package does not conflict with itself through its own Provides") {
    archive.add("Package: postfix\nProvides: mta\nConflicts: mta");
    CHECK(names(archive, request_for({"postfix"})) == Names{"postfix"});
  }
  SECTION("between two that are only recommended, the one more wanted stays") {
    archive.add("Package: a\nRecommends: old, new").add("Package: b\nRecommends: new");
    archive.add("Package: old").add("Package: new\nConflicts: old");
    ResolveRequest request = request_for({"a", "b"});
    request.packages.recommends = true;
    CHECK(names(archive, request) == Names{"a", "b", "new"});
  }
}

TEST_CASE("circles end") {
  Archive archive;
  archive.add("Package: a\nDepends: b")
      .add("Package: b\nDepends: c")
      .add("Package: c\nDepends: a\nPre-Depends: a");
  CHECK(names(archive, request_for({"b"})) == Names{"a", "b", "c"});
}

TEST_CASE("where the greedy walk ends in a dead end, the solver finds the way") {
  Archive archive;
  // The walk takes x for a before it knows that b needs y, which conflicts with x.
  archive.add("Package: a\nDepends: x | z").add("Package: b\nDepends: y | missing");
  archive.add("Package: x\nConflicts: y").add("Package: y\nConflicts: x").add("Package: z");
  CHECK(names(archive, request_for({"a", "b"})) == Names{"a", "b", "y", "z"});
}

TEST_CASE("a chain of dependencies may be of any length") {
  Archive archive;
  constexpr int kLength = 5000;
  for (int i = 0; i < kLength; ++i)
    archive.add("Package: p" + std::to_string(i) + "\nDepends: p" + std::to_string(i + 1));
  archive.add("Package: p" + std::to_string(kLength));
  CHECK(names(archive, request_for({"p0"})).size() == kLength + 1);
}
