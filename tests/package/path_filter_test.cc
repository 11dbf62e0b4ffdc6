#include "package/path_filter.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("globs are dpkg's: they match the whole path, and a star matches slashes") {
  const PathFilter filter({"/usr/share/doc/*", "/usr/share/man/*"}, {"/usr/share/doc/*/copyright"});
  CHECK(filter.excludes("usr/share/doc/nginx/README", EntryType::kFile));
  CHECK(filter.excludes("usr/share/man/man1/ls.1.gz", EntryType::kFile));
  CHECK_FALSE(filter.excludes("usr/share/doc", EntryType::kDirectory));
  CHECK_FALSE(filter.excludes("usr/share/docs/x", EntryType::kFile));
  CHECK_FALSE(filter.excludes("opt/usr/share/doc/x", EntryType::kFile));
}

TEST_CASE("an include brings back files and keeps the directories that lead to them") {
  const PathFilter filter({"/usr/share/doc/*", "/usr/share/man/*"}, {"/usr/share/doc/*/copyright"});
  CHECK_FALSE(filter.excludes("usr/share/doc/nginx/copyright", EntryType::kFile));
  CHECK_FALSE(filter.excludes("usr/share/doc/nginx", EntryType::kDirectory));
  CHECK_FALSE(filter.excludes("usr/share/doc/libnginx", EntryType::kSymlink));
  CHECK(filter.excludes("usr/share/man/man1", EntryType::kDirectory));
}

TEST_CASE("without rules nothing is left out, and dpkg's own files never are") {
  CHECK_FALSE(PathFilter().excludes("usr/bin/ls", EntryType::kFile));
  const PathFilter everything({"/*"}, {});
  CHECK_FALSE(everything.excludes("var/lib/dpkg/info/nginx.list", EntryType::kFile));
  CHECK(everything.excludes("var/lib/nginx/x", EntryType::kFile));
}

TEST_CASE("equal rules have equal keys") {
  CHECK(PathFilter().key().empty());
  CHECK(PathFilter({"/a"}, {}).key() == PathFilter({"/a"}, {}).key());
  CHECK(PathFilter({"/a"}, {}).key() != PathFilter({"/b"}, {}).key());
  CHECK(PathFilter({"/a"}, {}).key() != PathFilter({"/a"}, {"/a"}).key());
}
