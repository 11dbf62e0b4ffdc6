#include "rootfs/path_rules.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("globs are dpkg's: they match the whole path, and a star matches slashes") {
  const PathRules rules{{"/usr/share/doc/*", "/usr/share/man/*"}, {"/usr/share/doc/*/copyright"}};
  CHECK(is_excluded(rules, "usr/share/doc/nginx/README", EntryType::kFile));
  CHECK(is_excluded(rules, "usr/share/man/man1/ls.1.gz", EntryType::kFile));
  CHECK_FALSE(is_excluded(rules, "usr/share/doc", EntryType::kDirectory));
  CHECK_FALSE(is_excluded(rules, "usr/share/docs/x", EntryType::kFile));
  CHECK_FALSE(is_excluded(rules, "opt/usr/share/doc/x", EntryType::kFile));
}

TEST_CASE("an include brings back files and keeps the directories that lead to them") {
  const PathRules rules{{"/usr/share/doc/*", "/usr/share/man/*"}, {"/usr/share/doc/*/copyright"}};
  CHECK_FALSE(is_excluded(rules, "usr/share/doc/nginx/copyright", EntryType::kFile));
  CHECK_FALSE(is_excluded(rules, "usr/share/doc/nginx", EntryType::kDirectory));
  CHECK_FALSE(is_excluded(rules, "usr/share/doc/libnginx", EntryType::kSymlink));
  CHECK(is_excluded(rules, "usr/share/man/man1", EntryType::kDirectory));
}

TEST_CASE("without rules nothing is left out, and dpkg's own files never are") {
  CHECK_FALSE(is_excluded({}, "usr/bin/ls", EntryType::kFile));
  Entry info;
  info.path = "var/lib/dpkg/info/nginx.list";
  CHECK_FALSE(is_excluded_file({{"/*"}, {}}, info));
  info.path = "var/lib/nginx/x";
  CHECK(is_excluded_file({{"/*"}, {}}, info));
}
