#include "rootfs/canonical_files.h"

#include <set>

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

std::string canonical(std::string_view path, const std::string& content) {
  for (const CanonicalFile& file : canonical_files())
    if (file.path == path)
      return file.canonical(content, 1000000000).value_or("(as it is)");
  return "(no such file)";
}

}  // namespace

TEST_CASE("only later dates in shadow move") {
  CHECK(clamp_shadow_dates("a:*:500:0:99999:7:::\nb:!:100:0:99999:7:::\nc:*::0:99999:7:::\nodd\n", 200) ==
        "a:*:200:0:99999:7:::\nb:!:100:0:99999:7:::\nc:*::0:99999:7:::\nodd\n");
}

TEST_CASE("a listing is sorted, by directory and name") {
  const std::string header = "% ls-R -- filename database.\n";
  CHECK(sorted_listing(header + "./b:\nz\ny\n\n./a:\nx\n\n./c:\n") ==
        header + "\n./a:\nx\n\n./b:\ny\nz\n\n./c:\n");
  CHECK(sorted_listing(*sorted_listing(header + "./b:\nz\ny\n\n./a:\nx\n")) ==
        sorted_listing(header + "./a:\nx\n\n./b:\ny\nz\n"));
  CHECK_FALSE(sorted_listing("./a:\nx\n\nno directory\n"));
  CHECK(sorted_listing("") == "");
}

TEST_CASE("what a file was made by is no part of it") {
  CHECK(canonical("usr/share/octave/octave_packages",
                  "# Created by Octave 7.3.0, Tue Dec 01 12:54:45 2026 UTC <root@otherhost>\n# name: x\n") ==
        "# Created by Octave 7.3.0, Sun Sep 09 01:46:40 2001 UTC <root@localhost>\n# name: x\n");
  CHECK(canonical("usr/share/octave/octave_packages", "something else") == "(as it is)");
  CHECK(canonical("etc/iscsi/initiatorname.iscsi", "InitiatorName=x\n") == "GenerateName=yes\n");
  CHECK(canonical("etc/freeradius/3.0/certs/dh", "-----BEGIN DH PARAMETERS-----\nx\n") ==
        canonical("etc/freeradius/3.0/certs/dh", "-----BEGIN DH PARAMETERS-----\ny\n"));
}

TEST_CASE("files are brought into their form once, and keep mode and owner") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.make_directory("etc/iscsi");
  tree.write("etc/iscsi/initiatorname.iscsi", "InitiatorName=x\n", 0600);
  make_canonical(tree, 0);
  CHECK(tree.read("etc/iscsi/initiatorname.iscsi") == "GenerateName=yes\n");
  const auto before = tree.stat("etc/iscsi/initiatorname.iscsi");
  CHECK((before->st_mode & 07777) == 0600);
  make_canonical(tree, 0);
  CHECK(tree.stat("etc/iscsi/initiatorname.iscsi")->st_ino == before->st_ino);
}

TEST_CASE("every file is told of once, with a reason") {
  std::set<std::string_view> paths;
  for (const CanonicalFile& file : canonical_files()) {
    CHECK(paths.insert(file.path).second);
    CHECK_FALSE(file.reason.empty());
  }
}
