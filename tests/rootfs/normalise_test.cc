#include "rootfs/normalise.h"

#include "rootfs/state.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

void add(Listing& listing, const Entry& entry) {
  listing[entry.path] = {entry, listing.size() + 1};
}

}  // namespace

TEST_CASE("only later dates in shadow move") {
  CHECK(clamp_shadow_dates("a:*:500:0:99999:7:::\nb:!:100:0:99999:7:::\nc:*::0:99999:7:::\nodd\n", 200) ==
        "a:*:200:0:99999:7:::\nb:!:100:0:99999:7:::\nc:*::0:99999:7:::\nodd\n");
}

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
  const auto notes = drop_leftovers(listing, layers).notes;
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
  const auto notes = drop_leftovers(listing, {}).notes;
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
  const auto notes = drop_leftovers(listing, {}).notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("emptied var/lib/postgresql/15/main:") == 0);
  std::vector<std::string> kept;
  for (const auto& [path, node] : listing)
    kept.push_back(path);
  CHECK(kept == std::vector<std::string>{"var/lib/postgresql/15/main", "var/lib/postgresql/15/other"});
}

TEST_CASE("what is dropped goes with all that is in it, whatever its neighbours are called") {
  for (const char* neighbour : {"a-b", "a.b", "a b", "a+", "a!", "a0", "a/b", "b"})
    for (const bool is_directory : {false, true}) {
      INFO(neighbour << (is_directory ? "/" : ""));
      Listing listing;
      const std::string path = std::string("var/backups/") + neighbour;
      add(listing, make_directory_entry("var"));
      add(listing, make_directory_entry("var/backups"));
      add(listing, make_directory_entry("var/backups/a"));
      add(listing, make_file("var/backups/a/x", "x"));
      add(listing, is_directory ? make_directory_entry(path) : make_file(path, "x"));
      if (is_directory)
        add(listing, make_file(path + "/x", "x"));
      const auto dropped = drop_leftovers(listing, {}).paths;
      CHECK(listing.size() == 2);
      CHECK(dropped.front() == "var/backups/a");
      CHECK_NOTHROW(find_difference({}, {}, listing, 1));
    }
}

TEST_CASE("a directory stays with what a layer ships in it") {
  const Segment package = make_segment("p", {}, {make_file("var/backups/a/b/shipped", "x")});
  LayerView layers;
  layers.add_package(package, {});
  Listing listing;
  for (const char* path : {"var", "var/backups", "var/backups/a", "var/backups/a/b", "var/backups/a-b"})
    add(listing, make_directory_entry(path));
  add(listing, make_file("var/backups/a/b/shipped", "x"));
  add(listing, make_file("var/backups/a/b/other", "x"));
  add(listing, make_file("var/backups/a-b/x", "x"));
  drop_leftovers(listing, layers);
  std::vector<std::string> kept;
  for (const auto& [path, node] : listing)
    kept.push_back(path);
  CHECK(kept == std::vector<std::string>{"var", "var/backups", "var/backups/a", "var/backups/a/b",
                                         "var/backups/a/b/shipped"});
  CHECK_NOTHROW(find_difference({}, {&package}, listing, 1));
}
