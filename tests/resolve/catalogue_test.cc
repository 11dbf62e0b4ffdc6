#include "resolve/catalogue.h"

#include "base/error.h"
#include "resolve/archive.h"
#include "resolve/candidates.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

std::vector<std::string> providers(const Catalogue& catalogue, const ResolveRequest& request,
                                   std::string_view name) {
  const Candidates candidates(catalogue, request);
  std::vector<std::string> found;
  for (const Provider& provider : candidates.providers(name))
    found.push_back(std::string(provider.record->name) + "=" + std::string(provider.record->version));
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("requests that share a catalogue do not see each other's choices") {
  Archive archive;
  archive.add("Package: postfix\nProvides: mta").add("Package: exim\nProvides: mta, smtp");
  archive.suite("bookworm-security");
  archive.add("Package: postfix\nVersion: 2\nProvides: mta");
  const Catalogue catalogue(archive.index());

  ResolveRequest request = request_for({});
  CHECK(providers(catalogue, request, "mta") == Names{"postfix=2", "exim=1"});
  request.packages.exclude = {"postfix"};
  CHECK(providers(catalogue, request, "mta") == Names{"exim=1"});
  CHECK(providers(catalogue, request_for({"postfix=1"}), "mta") == Names{"postfix=1", "exim=1"});
}

TEST_CASE("a parent's package provides what it provided, though it is no longer listed") {
  Archive archive;
  archive.add("Package: postfix\nVersion: 2\nProvides: mta").add("Package: exim\nProvides: mta");
  const Catalogue catalogue(archive.index());

  ResolveRequest request = request_for({});
  LockedPackage installed;
  installed.version = "1";
  installed.name = "postfix";
  request.installed.push_back(installed);
  installed.name = "gone";
  request.installed.push_back(installed);
  CHECK(providers(catalogue, request, "mta") == Names{"postfix=1", "exim=1"});
  const Candidates candidates(catalogue, request);
  REQUIRE(candidates.find("gone") != nullptr);
  CHECK(candidates.find("gone")->version == "1");
}

TEST_CASE("what cannot be read matters to those who would take it") {
  Archive archive;
  archive.add("Package: a\nVersion: 1\nProvides: b c").add("Package: a\nVersion: 2\nProvides: b");
  const Catalogue catalogue(archive.index());
  CHECK(providers(catalogue, request_for({}), "b") == Names{"a=2"});
  const ResolveRequest broken = request_for({"a=1"});
  CHECK_THROWS_AS(Candidates(catalogue, broken), Error);
}
