#include "resolve/candidates.h"

#include "base/error.h"
#include "resolve/archive.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// Three versions of nginx: 1 in bookworm, 1+deb12u1 in its security suite, 2 in backports.
Archive nginx_archive() {
  Archive archive;
  archive.add("Package: nginx\nVersion: 1");
  archive.suite("bookworm-security").security = true;
  archive.add("Package: nginx\nVersion: 1+deb12u1");
  Release& backports = archive.suite("bookworm-backports");
  backports.not_automatic = backports.but_automatic_upgrades = true;
  archive.add("Package: nginx\nVersion: 2");
  return archive;
}

std::string candidate(const Archive& archive, const ResolveRequest& request) {
  const Catalogue catalogue(archive.index());
  const Candidates candidates(catalogue, request);
  const PackageRecord* record = candidates.find("nginx");
  return record == nullptr ? "none" : std::string(record->version);
}

Pin pin(const std::string& package, int priority, const char* suite = nullptr,
        const char* version = nullptr) {
  Pin pin;
  pin.package = package;
  pin.priority = priority;
  if (suite != nullptr)
    pin.suite = suite;
  if (version != nullptr)
    pin.version = version;
  return pin;
}

}  // namespace

TEST_CASE("the candidate is the newest version of the highest priority") {
  const Archive archive = nginx_archive();
  ResolveRequest request = request_for({});
  CHECK(candidate(archive, request) == "1+deb12u1");

  SECTION("a pin raises a suite") {
    request.packages.pins = {pin("nginx*", 600, "bookworm-backports")};
    CHECK(candidate(archive, request) == "2");
  }
  SECTION("a pin on another package does not") {
    request.packages.pins = {pin("apache*", 600, "bookworm-backports")};
    CHECK(candidate(archive, request) == "1+deb12u1");
  }
  SECTION("a pin on a version") {
    request.packages.pins = {pin("nginx", 990, nullptr, "1")};
    CHECK(candidate(archive, request) == "1");
  }
  SECTION("the first pin that names the package wins, and wins over general ones") {
    request.packages.pins = {pin("*", 900, "bookworm-backports"), pin("nginx", 10, "bookworm-backports"),
                             pin("ngin?", 900, "bookworm-backports")};
    CHECK(candidate(archive, request) == "1+deb12u1");
  }
  SECTION("a negative priority forbids") {
    request.packages.pins = {pin("nginx", -1)};
    CHECK(candidate(archive, request) == "none");
  }
  SECTION("a version or suite that is asked for overrules pins") {
    request.packages.pins = {pin("nginx", -1)};
    request.packages.include = {"nginx=1"};
    CHECK(candidate(archive, request) == "1");
    request.packages.include = {"nginx/bookworm-backports"};
    CHECK(candidate(archive, request) == "2");
  }
  SECTION("an excluded package has none") {
    request.packages.exclude = {"nginx"};
    CHECK(candidate(archive, request) == "none");
  }
}

TEST_CASE("a locked version stays while it is listed") {
  const Archive archive = nginx_archive();
  ResolveRequest request = request_for({});
  LockedPackage locked;
  locked.name = "nginx";
  locked.version = "1";
  locked.sha256 = archive.index().packages[0].sha256;
  request.preferred = {locked};
  CHECK(candidate(archive, request) == "1");

  SECTION("but not against a pin") {
    request.packages.pins = {pin("nginx", 600, "bookworm-backports")};
    CHECK(candidate(archive, request) == "2");
  }
  SECTION("and not when other bytes have its version") {
    request.preferred[0].sha256 = Digest::of("other");
    CHECK(candidate(archive, request) == "1+deb12u1");
  }
}

TEST_CASE("an installed package is its own candidate even when the index no longer lists it") {
  Archive archive;
  archive.add("Package: mawk\nVersion: 2\nProvides: awk");
  ResolveRequest request = request_for({});
  LockedPackage installed;
  installed.name = "mawk";
  installed.version = "1";
  installed.architecture = "amd64";
  request.installed = {installed};
  const Catalogue catalogue(archive.index());
  const Candidates candidates(catalogue, request);
  REQUIRE(candidates.find("mawk") != nullptr);
  CHECK(candidates.find("mawk")->version == "1");
  REQUIRE(candidates.providers("awk").size() == 1);
  CHECK(candidates.providers("awk")[0].record == candidates.find("mawk"));
}

TEST_CASE("package specs") {
  CHECK(parse_package_spec("nginx").name == "nginx");
  CHECK(parse_package_spec("nginx=1:2-3").version == "1:2-3");
  CHECK(parse_package_spec("nginx/sid").suite == "sid");
  for (const char* bad : {"", "=1", "nginx=", "nginx/", "a b", "a=1=2", "a/b/c", "a\n"})
    CHECK_THROWS_AS(parse_package_spec(bad), Error);
}
