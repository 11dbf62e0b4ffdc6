#include "rootfs/dpkg_database.h"

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a status stanza has dpkg's fields in dpkg's order") {
  ControlData control;
  control.files["control"].content =
      "Package: libc-bin\nSource: glibc\nVersion: 2.36-9\nArchitecture: amd64\nEssential: yes\n"
      "Maintainer: M <m@example.org>\nInstalled-Size: 2042\nDepends: libc6 (>> 2.36)\nSection: libs\n"
      "Priority: required\nMulti-Arch: foreign\nHomepage: https://example.org\nRecommends: manpages\n"
      "Description: GNU C Library\n long text\n .\n more\n";
  CHECK(status_stanza(control, "install ok unpacked",
                      {{"/etc/gai.conf", "newconffile"}, {"/etc/ld.so.conf", "newconffile"}}) ==
        "Package: libc-bin\nEssential: yes\nStatus: install ok unpacked\nPriority: required\nSection: libs\n"
        "Installed-Size: 2042\nMaintainer: M <m@example.org>\nArchitecture: amd64\nMulti-Arch: foreign\n"
        "Source: glibc\nVersion: 2.36-9\nDepends: libc6 (>> 2.36)\nRecommends: manpages\nConffiles:\n"
        " /etc/gai.conf newconffile\n /etc/ld.so.conf newconffile\nDescription: GNU C Library\n long text\n"
        " .\n more\nHomepage: https://example.org\n\n");
}

TEST_CASE("package states are read from a status file") {
  const auto states = package_states(
      "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: install ok half-configured\nX: y\n");
  CHECK(states.at("a") == "install ok installed");
  CHECK(states.at("b") == "install ok half-configured");
}

TEST_CASE("of two spellings of a diverted path the merged one counts") {
  const auto diversions = parse_diversions(
      "/bin/sh\n/bin/sh.distrib\ndash\n"
      "/usr/lib/x\n/usr/lib/x.real\n:\n/lib/x\n/lib/x.old\nother\n");
  CHECK(diversions.at("usr/bin/sh").to == "usr/bin/sh.distrib");
  CHECK(diversions.at("usr/bin/sh").package == "dash");
  CHECK(diversions.at("usr/lib/x").to == "usr/lib/x.real");
  CHECK(parse_diversions("").empty());
}

TEST_CASE("trigger directives") {
  const auto directives = parse_triggers(
      "# by debhelper\ninterest-noawait /usr/share/man\ninterest a\nactivate-noawait ldconfig\nactivate b\n");
  REQUIRE(directives.size() == 4);
  CHECK(directives[0].name == "/usr/share/man");
  CHECK_FALSE(directives[0].await);
  CHECK(directives[1].await);
  CHECK(directives[2].kind == TriggerDirective::Kind::kActivate);
  CHECK_FALSE(directives[2].await);
  CHECK(directives[3].await);
}

TEST_CASE("the trigger database is written as dpkg writes it") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  const Triggers triggers(tree);
  Segment libc_bin = make_segment("libc-bin", {}, {});
  libc_bin.control.files["triggers"].content =
      "interest-await ldconfig\ninterest-noawait /usr/share/shells.d\n";
  Segment library = make_segment("libx", {}, {});
  library.info_name = "libx:amd64";
  library.control.files["triggers"].content = "activate-noawait ldconfig\nactivate other\n";

  triggers.unpacked(libc_bin, {"/usr/share/shells.d"});
  CHECK(tree.read("var/lib/dpkg/triggers/ldconfig") == "libc-bin\n");
  CHECK(tree.read("var/lib/dpkg/triggers/File") == "/usr/share/shells.d libc-bin/noawait\n");
  CHECK_FALSE(tree.exists("var/lib/dpkg/triggers/Unincorp"));

  triggers.unpacked(library, {"/usr/share/shells.d/libx", "/usr/share/shells.data"});
  triggers.unpacked(library, {"/usr/share"});
  CHECK(tree.read("var/lib/dpkg/triggers/Unincorp") ==
        "/usr/share/shells.d -\nldconfig -\nother libx:amd64\n");
  triggers.unpacked(libc_bin, {});
  CHECK(tree.read("var/lib/dpkg/triggers/ldconfig") == "libc-bin\n");
}
