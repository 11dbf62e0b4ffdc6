#include "resolve/resolve.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;
using Names = std::vector<std::string>;

namespace {

Archive debian() {
  Archive archive;
  archive.add("Package: dpkg\nEssential: yes\nPriority: required\nPre-Depends: libc6");
  archive.add("Package: libc6\nDepends: libgcc-s1").add("Package: libgcc-s1\nDepends: libc6");
  archive.add("Package: apt\nPriority: required\nDepends: libapt, libc6").add("Package: libapt");
  archive.add("Package: tzdata\nPriority: required").add("Package: cron\nPriority: important");
  archive.add("Package: man-db\nPriority: standard")
      .add("Package: build-essential\nDepends: gcc")
      .add("Package: gcc");
  archive.add("Package: nginx\nDepends: nginx-common (= 1), libc6")
      .add("Package: nginx-common\nDepends: tzdata | x");
  return archive;
}

std::map<std::string, unsigned> stages(const Archive& archive, const ResolveRequest& request) {
  std::map<std::string, unsigned> stages;
  const auto result = resolve(Catalogue(archive.index()), request);
  for (const ChosenPackage& chosen : std::get<Solution>(result).packages)
    stages[std::string(chosen.record->name)] = chosen.stage;
  return stages;
}

std::string problems(const Archive& archive, const ResolveRequest& request) {
  const auto result = resolve(Catalogue(archive.index()), request);
  const auto* unsolvable = std::get_if<Unsolvable>(&result);
  return unsolvable == nullptr ? "solved" : unsolvable->text();
}

LockedPackage locked(const Archive& archive, const std::string& name) {
  LockedPackage package;
  for (const PackageRecord& record : archive.index().packages)
    if (record.name == name) {
      package.name = record.name;
      package.version = record.version;
      package.architecture = record.architecture;
      package.sha256 = record.sha256;
    }
  return package;
}

}  // namespace

TEST_CASE("variants are mmdebstrap's") {
  const Archive archive = debian();
  ResolveRequest request = request_for({});
  const auto members = [&](Variant variant) {
    request.packages.variant = variant;
    return names(archive, request);
  };
  const Names essential{"dpkg", "libc6", "libgcc-s1"};
  const auto with = [&](Names more) {
    more.insert(more.end(), essential.begin(), essential.end());
    std::sort(more.begin(), more.end());
    return more;
  };
  CHECK(members(Variant::kExtract).empty());
  CHECK(members(Variant::kCustom).empty());
  CHECK(members(Variant::kEssential) == essential);
  CHECK(members(Variant::kApt) == with({"apt", "libapt"}));
  CHECK(members(Variant::kMinbase) == with({"apt", "libapt", "tzdata"}));
  CHECK(members(Variant::kBuildd) == with({"apt", "libapt", "tzdata", "build-essential", "gcc"}));
  CHECK(members(Variant::kImportant) == with({"apt", "libapt", "tzdata", "cron"}));
  CHECK(members(Variant::kStandard) == with({"apt", "libapt", "tzdata", "cron", "man-db"}));
}

TEST_CASE("stages: essential closure, rest of the variant, dependencies, includes") {
  const Archive archive = debian();
  ResolveRequest request = request_for({"nginx"});
  request.packages.variant = Variant::kApt;
  CHECK(stages(archive, request) == std::map<std::string, unsigned>{{"dpkg", 0},
                                                                    {"libc6", 0},
                                                                    {"libgcc-s1", 0},
                                                                    {"apt", 1},
                                                                    {"libapt", 1},
                                                                    {"nginx-common", 2},
                                                                    {"tzdata", 2},
                                                                    {"nginx", 3}});
  SECTION("an include that a dependency needs is configured with the dependencies") {
    request.packages.include = {"nginx", "tzdata"};
    CHECK(stages(archive, request).at("tzdata") == 2);
  }
  SECTION("an include that only includes need is an include") {
    request.packages.include = {"nginx", "nginx-common"};
    CHECK(stages(archive, request).at("nginx-common") == 3);
  }
}

TEST_CASE("dependencies come before what depends on them") {
  const Archive archive = debian();
  ResolveRequest request = request_for({"nginx"});
  request.packages.variant = Variant::kMinbase;
  CHECK(solve(archive, request) == Names{"libc6=1", "libgcc-s1=1", "dpkg=1", "libapt=1", "apt=1", "tzdata=1",
                                         "nginx-common=1", "nginx=1"});
}

TEST_CASE("every package has a reason") {
  const Archive archive = debian();
  ResolveRequest request = request_for({"nginx"});
  request.packages.variant = Variant::kMinbase;
  std::map<std::string, std::string> reasons;
  const auto result = resolve(Catalogue(archive.index()), request);
  for (const ChosenPackage& chosen : std::get<Solution>(result).packages)
    reasons[std::string(chosen.record->name)] = chosen.reason;
  CHECK(reasons.at("dpkg") == "Essential");
  CHECK(reasons.at("apt") == "Priority: required");
  CHECK(reasons.at("nginx") == "requested");
  CHECK(reasons.at("nginx-common") == "nginx Depends nginx-common (= 1)");
  CHECK(reasons.at("libc6") == "dpkg Pre-Depends libc6");
}

TEST_CASE("an include may name a version, a suite or a virtual package") {
  Archive archive;
  archive.add("Package: a\nVersion: 1")
      .add("Package: a\nVersion: 2")
      .add("Package: default-mta\nProvides: mta");
  archive.suite("sid");
  archive.add("Package: a\nVersion: 3");
  CHECK(solve(archive, request_for({"a"})) == Names{"a=3"});
  CHECK(solve(archive, request_for({"a=1"})) == Names{"a=1"});
  CHECK(solve(archive, request_for({"a/bookworm"})) == Names{"a=2"});
  CHECK(solve(archive, request_for({"mta"})) == Names{"default-mta=1"});
  CHECK(problems(archive, request_for({"a=4"})) ==
        "there is no package a=4\n  the index has 1 (bookworm), 2 "
        "(bookworm), 3 (sid)\n");
  archive.add("Package: exim\nProvides: mta");
  CHECK(problems(archive, request_for({"mta"})) ==
        "mta is a virtual package with several providers\n  include one of default-mta, exim\n");
  CHECK_THROWS_AS(resolve(Catalogue(archive.index()), request_for({"a="})), Error);
}

TEST_CASE("unknown packages are answered with the nearest names") {
  const Archive archive = debian();
  CHECK(problems(archive, request_for({"ngnix", "nginx-comon", "nothing-like-it"})) ==
        "there is no package ngnix\n  did you mean nginx?\nthere is no package nginx-comon\n  did you mean "
        "nginx-common?\nthere is no package nothing-like-it\n");
}

TEST_CASE("a child adds to its parent's packages and never changes them") {
  const Archive archive = debian();
  ResolveRequest request = request_for({"nginx"});
  request.packages.variant = Variant::kMinbase;  // ignored: the parent has its own
  request.installed = {locked(archive, "libc6"), locked(archive, "libgcc-s1"), locked(archive, "tzdata")};
  CHECK(solve(archive, request) == Names{"nginx-common=1", "nginx=1"});

  SECTION("what the parent has need not be included again") {
    request.packages.include = {"tzdata"};
    CHECK(solve(archive, request).empty());
  }
  SECTION("a parent's version that does not fit is a reason") {
    request.installed.push_back(locked(archive, "nginx-common"));
    request.installed.back().version = "0.9";
    request.installed.back().sha256 = Digest();
    CHECK(problems(archive, request).find("the candidate is nginx-common 0.9; 1 in bookworm") !=
          std::string::npos);
  }
  SECTION("the parent's packages cannot be excluded") {
    request.packages.exclude = {"tzdata"};
    CHECK(problems(archive, request) == "tzdata is excluded, but the parent has it\n");
  }
}

TEST_CASE("a hundred thousand reasons are found at once, and told in a few lines") {
  std::string depends = "Depends: gone0";
  for (int i = 1; i < 100'000; ++i)
    depends += ", gone" + std::to_string(i);
  Archive archive;
  archive.add("Package: a\n" + depends);
  const std::string text = problems(archive, request_for({"a"}));
  CHECK(std::count(text.begin(), text.end(), '\n') < 100);
  CHECK(text.find("no package gone0 in these repositories") != std::string::npos);
  CHECK(text.find("and 99980 more") != std::string::npos);
}

TEST_CASE("excluded packages stay out") {
  Archive archive = debian();
  ResolveRequest request = request_for({"nginx"});
  request.packages.exclude = {"tzdata"};
  SECTION("another alternative is taken") {
    archive.add("Package: x");
    CHECK(names(archive, request) == Names{"libc6", "libgcc-s1", "nginx", "nginx-common", "x"});
  }
  SECTION("without one the exclusion is named") {
    CHECK(problems(archive, request) ==
          "nginx 1 (requested)\n  Depends nginx-common (= 1)\n    nginx-common 1\n      Depends tzdata | x\n"
          "        tzdata is excluded\n        no package x in these repositories\n");
  }
  SECTION("a variant simply lacks them") {
    request.packages.variant = Variant::kMinbase;
    request.packages.include = {};
    CHECK(names(archive, request) == Names{"apt", "dpkg", "libapt", "libc6", "libgcc-s1"});
  }
  SECTION("including one is a contradiction") {
    request.packages.include = {"tzdata"};
    CHECK(problems(archive, request) == "tzdata is both included and excluded\n");
  }
}

TEST_CASE("problems are explained") {
  Archive archive;
  SECTION("conflicting includes") {
    archive.add("Package: postfix\nConflicts: mta\nProvides: mta")
        .add("Package: exim\nConflicts: mta\nProvides: mta");
    CHECK(problems(archive, request_for({"postfix", "exim"})) ==
          "postfix 1 (requested)\n  conflicts with exim 1 (Conflicts mta)\nexim 1 (requested)\n");
  }
  SECTION("a name that is only provided without a version") {
    archive.add("Package: a\nDepends: mta (>= 2)").add("Package: exim\nProvides: mta");
    CHECK(problems(archive, request_for({"a"})) ==
          "a 1 (requested)\n  Depends mta (>= 2)\n    exim 1 provides it without a version\n");
  }
  SECTION("a version that a pin hides") {
    archive.add("Package: a\nDepends: b (>= 2)").add("Package: b\nVersion: 1");
    Release& backports = archive.suite("bookworm-backports");
    backports.not_automatic = backports.but_automatic_upgrades = true;
    archive.add("Package: b\nVersion: 2");
    CHECK(problems(archive, request_for({"a"})) ==
          "a 1 (requested)\n  Depends b (>= 2)\n    the candidate is b 1; 2 in bookworm-backports has "
          "priority 100\n");
  }
}

TEST_CASE("a broken relation is an error that names the package and the field") {
  Archive archive;
  archive.add("Package: a\nDepends: b (>> )");
  try {
    resolve(Catalogue(archive.index()), request_for({"a"}));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.message() == "package a 1: Depends: not a package relationship: \"b (>> )\"");
  }
}

TEST_CASE("the lock of a solution") {
  Archive archive;
  archive.add("Package: a\nVersion: 1:2-3\nSource: src (2-3)\nArchitecture: all");
  archive.suite("bookworm-security").security = true;
  archive.add("Package: b\nDepends: a");
  const auto result = resolve(Catalogue(archive.index()), request_for({"b"}));
  Recipe recipe;
  recipe.name = "web";
  const LockedParent parent{"base", Digest::of("base")};
  const Lockfile lock = make_lock(recipe, "amd64", archive.index(), std::get<Solution>(result), parent);
  CHECK(lock.name == "web");
  CHECK(lock.architecture == "amd64");
  CHECK(lock.recipe == recipe_digest(recipe));
  CHECK(lock.parent == parent);
  REQUIRE(lock.repositories.size() == 2);
  CHECK(lock.repositories[1].suite == "bookworm-security");
  CHECK(lock.repositories[1].security);
  REQUIRE(lock.packages.size() == 2);
  const LockedPackage& a = lock.packages[0];
  CHECK(a.name == "a");
  CHECK(a.version == "1:2-3");
  CHECK(a.architecture == "all");
  CHECK(a.source == "src");
  CHECK(a.source_version == "2-3");
  CHECK(a.suite == "bookworm");
  CHECK(a.path == archive.index().packages[0].filename);
  CHECK(a.size == 1000);
  CHECK(a.sha256 == archive.index().packages[0].sha256);
  CHECK(a.stage == 2);
  CHECK_FALSE(a.security);
  CHECK(lock.packages[1].security);
  CHECK(lock.packages[1].stage == 3);
}
