#include "rootfs/normalise.h"

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

void add(Listing& listing, const Entry& entry) {
  listing[entry.path] = {entry, listing.size() + 1};
}

const StateRules kNoOwnRules;
const StateRuleBook kBuiltIn(kNoOwnRules);

}  // namespace

TEST_CASE("leftovers are dropped, unless a package ships them") {
  const Segment package = make_segment("p", {make_directory_entry("var"), make_directory_entry("run/p")},
                                       {make_file("var/log/alternatives.log", "shipped")});
  LayerView layers;
  layers.add_package(package, {});
  Listing listing;
  add(listing, make_file("var/log/dpkg.log", "x"));
  add(listing, make_file("var/log/alternatives.log", "x"));
  add(listing, make_directory_entry("run/lock", 01777));
  add(listing, make_directory_entry("run/p"));
  add(listing, make_directory_entry("run/user"));
  add(listing, make_file("run/user/socket", "x"));
  add(listing, make_file("etc/passwd-", "x"));
  add(listing, make_file("etc/passwd", "x"));
  const auto notes = drop_leftovers(listing, layers, kBuiltIn).notes;
  std::vector<std::string> kept;
  for (const auto& [path, node] : listing)
    kept.push_back(path);
  CHECK(kept == std::vector<std::string>{"etc/passwd", "run/lock", "run/p", "var/log/alternatives.log"});
  CHECK(notes.empty());
}

TEST_CASE("secrets are removed with a note, and so are links to them") {
  Listing listing;
  add(listing, make_file("etc/ssh/ssh_host_rsa_key", "secret", 0600));
  add(listing, make_file("etc/ssh/ssh_host_rsa_key.pub", "public"));
  add(listing, make_file("etc/ssh/sshd_config", "x"));
  add(listing, make_file("etc/ssl/certs/ssl-cert-snakeoil.pem", "x"));
  add(listing, make_link("etc/ssl/certs/0a775a30.0", "ssl-cert-snakeoil.pem"));
  add(listing, make_link("etc/ssl/certs/deadbeef.0", "good.pem"));
  const auto notes = drop_leftovers(listing, {}, kBuiltIn).notes;
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].find("etc/ssh/ssh_host_rsa_key") != std::string::npos);
  CHECK(listing.count("etc/ssl/certs/0a775a30.0") == 0);
  CHECK(listing.count("etc/ssl/certs/deadbeef.0") == 1);
  CHECK(listing.count("etc/ssh/sshd_config") == 1);
  CHECK(listing.size() == 2);
}

TEST_CASE("a database that a script initialised is emptied with one note") {
  Listing listing;
  add(listing, make_directory_entry("var/lib/postgresql/15/main", 0700));
  add(listing, make_directory_entry("var/lib/postgresql/15/main/base", 0700));
  add(listing, make_file("var/lib/postgresql/15/main/base/1", "x"));
  add(listing, make_file("var/lib/postgresql/15/main/PG_VERSION", "15"));
  add(listing, make_file("var/lib/postgresql/15/other", "x"));
  const auto notes = drop_leftovers(listing, {}, kBuiltIn).notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("emptied var/lib/postgresql/15/main:") == 0);
  std::vector<std::string> kept;
  for (const auto& [path, node] : listing)
    kept.push_back(path);
  CHECK(kept == std::vector<std::string>{"var/lib/postgresql/15/main", "var/lib/postgresql/15/other"});
}

TEST_CASE("a recipe's own rules come first, and hold for what packages ship too") {
  const Segment package = make_segment("p", {make_directory_entry("opt"), make_directory_entry("opt/p")},
                                       {make_file("opt/p/file", "x"), make_file("etc/shipped", "x")});
  LayerView layers;
  layers.add_package(package, {});
  Listing listing;
  add(listing, make_file("etc/bind/rndc.key", "x"));
  add(listing, make_file("etc/kept", "x"));
  add(listing, make_file("etc/shipped", "x"));
  add(listing, make_directory_entry("opt"));
  add(listing, make_directory_entry("opt/p"));
  add(listing, make_directory_entry("opt/p-other"));
  add(listing, make_file("opt/p-other/file", "x"));
  add(listing, make_file("opt/p/file", "x"));
  add(listing, make_directory_entry("srv"));
  add(listing, make_file("srv/a", "x"));
  const StateRules own{{"/etc/shipped", "/opt/p", "/etc/none"}, {"/srv", "/etc/bind/*"}, {}};
  const auto leftovers = drop_leftovers(listing, layers, StateRuleBook(own));
  std::vector<std::string> kept;
  for (const auto& [path, node] : listing)
    kept.push_back(path);
  CHECK(kept == std::vector<std::string>{"etc/bind/rndc.key", "etc/kept", "opt", "opt/p-other",
                                         "opt/p-other/file", "srv"});
  CHECK(leftovers.notes == std::vector<std::string>{"removed etc/shipped: the recipe says so",
                                                    "removed opt/p: the recipe says so",
                                                    "emptied srv: the recipe says so"});
}

TEST_CASE("a file is emptied in the tree") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("etc-a", "secret", 0600);
  tree.write("etc-b", "kept");
  const StateRules own{{}, {"/etc-a"}, {}};
  CHECK(empty_files(tree, list_tree(tree, {}), {}, StateRuleBook(own)).size() == 1);
  CHECK(tree.read("etc-a") == "");
  CHECK((tree.stat("etc-a")->st_mode & 07777) == 0600);
  CHECK(tree.read("etc-b") == "kept");
  CHECK(empty_files(tree, list_tree(tree, {}), {}, StateRuleBook(own)).empty());
}
