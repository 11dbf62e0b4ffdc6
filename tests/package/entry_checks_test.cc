#include "package/entry_checks.h"

#include "base/error.h"
#include "package/deb.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

Entry entry(EntryType type, std::string path, std::string target = {}) {
  Entry result;
  result.type = type;
  result.path = std::move(path);
  result.link_target = std::move(target);
  result.mode = 0644;
  return result;
}
Entry file(std::string path) {
  return entry(EntryType::kFile, std::move(path));
}
Entry directory(std::string path) {
  return entry(EntryType::kDirectory, std::move(path));
}
Entry symlink(std::string path, std::string target) {
  return entry(EntryType::kSymlink, std::move(path), std::move(target));
}
Entry hardlink(std::string path, std::string target) {
  return entry(EntryType::kHardlink, std::move(path), std::move(target));
}

/// The canonical paths, or the message of the first refusal.
std::vector<std::string> admitted(std::vector<Entry> entries, bool merge_usr = true) {
  EntryChecker checker(merge_usr);
  std::vector<std::string> paths;
  try {
    for (Entry& item : entries) {
      checker.admit(item);
      paths.push_back(item.path);
    }
  } catch (const Error& error) {
    return {error.message()};
  }
  return paths;
}

bool refused(std::vector<Entry> entries, const std::string& reason) {
  std::vector<std::string> result = admitted(std::move(entries));
  INFO(result.front());
  CHECK(result.size() == 1);
  return result.front().find(reason) != std::string::npos;
}

using Paths = std::vector<std::string>;

TEST_CASE("paths become canonical") {
  CHECK(canonical_path("./usr/bin/sh", true, "x") == "usr/bin/sh");
  CHECK(canonical_path("usr/share/doc/", true, "x") == "usr/share/doc");
  CHECK(canonical_path("./", true, "x") == ".");
  CHECK(canonical_path(".", true, "x") == ".");
  CHECK(canonical_path("./...", true, "x") == "...");
  CHECK(canonical_path("./usr/share/F\xf6\xc5\x91", true, "x") == "usr/share/F\xf6\xc5\x91");
  for (const char* path :
       {"", "/", "/etc", "..", "../x", "./../x", "a/../b", "a/..", "a/./b", "a//b", "././a", ".//"}) {
    CAPTURE(path);
    CHECK_THROWS_AS(canonical_path(path, true, "x"), Error);
  }
  CHECK_NOTHROW(canonical_path(std::string(255, 'n'), true, "x"));
  CHECK_THROWS_AS(canonical_path(std::string(256, 'n'), true, "x"), Error);
  std::string deep;
  for (int i = 0; i < 10'000; ++i)
    deep += "d/";
  CHECK_THROWS_AS(canonical_path(deep, true, "x"), Error);
}

TEST_CASE("a tree may have line breaks in names and many levels, a package may not") {
  std::string deep = "d";
  for (int i = 1; i < 128; ++i)
    deep += "/d";
  CHECK(admitted({file(deep)}) == Paths{deep});
  deep += "/d";
  CHECK(canonical_path(deep, true, "x") == deep);
  CHECK(canonical_path("a\nb", true, "x") == "a\nb");
  CHECK(refused({file(deep)}, "too deep"));
  CHECK(refused({file("a\nb")}, "line break"));
}

TEST_CASE("merged-/usr moves what lies in the old directories, and only that") {
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"}) {
    std::string path = name;
    CHECK(canonical_path("./" + path + "/x", true, "x") == "usr/" + path + "/x");
    CHECK(canonical_path("./" + path + "/x", false, "x") == path + "/x");
  }
  CHECK(canonical_path("./libexec/x", true, "x") == "libexec/x");
  CHECK(canonical_path("./opt/bin/x", true, "x") == "opt/bin/x");

  CHECK(admitted({directory("./lib/"), file("./lib/x"), directory("./usr/"), directory("./usr/lib/")}) ==
        Paths{"usr/lib", "usr/lib/x", "usr", "usr/lib"});
  // As base-files ships it since Debian 13.
  CHECK(admitted({symlink("./bin", "usr/bin"), file("./bin/sh"), file("./usr/bin/ls")}) ==
        Paths{"bin", "usr/bin/sh", "usr/bin/ls"});
  CHECK(admitted({symlink("./lib64", "/usr/lib64")}) == Paths{"lib64"});
  CHECK(refused({symlink("./bin", "/evil")}, "neither a directory nor a link to /usr/bin"));
  CHECK(refused({file("./sbin")}, "neither a directory nor a link"));
  CHECK(refused({file("./lib/x"), file("./usr/lib/x")}, "comes twice"));
  CHECK(admitted({symlink("./bin", "/evil")}, false) == Paths{"bin"});
}

TEST_CASE("nothing lies below what is no directory") {
  CHECK(refused({symlink("./usr/lib/x", "/etc"), file("./usr/lib/x/cron.d/p")}, "leads through"));
  CHECK(refused({file("./a"), file("./a/b")}, "leads through"));
  CHECK(refused({file("./a/b"), symlink("./a", "/etc")}, "comes twice"));
  CHECK(refused({directory("./a/"), symlink("./a", "/etc")}, "comes twice"));
  CHECK(refused({symlink("./a", "/etc"), directory("./a/")}, "comes twice"));
  CHECK(refused({file("./a"), file("./a")}, "comes twice"));
  CHECK(refused({symlink("./", "/etc")}, "root is not a directory"));
  CHECK(admitted({file("./a/b"), directory("./a/"), directory("./a/")}) == Paths{"a/b", "a", "a"});
  CHECK(admitted({file("./A"), file("./a")}) == Paths{"A", "a"});
}

TEST_CASE("a hard link has an earlier file, and its metadata") {
  EntryChecker checker(true);
  Entry tool = file("./bin/tool");
  tool.mode = 04711;
  tool.uid = 7;
  tool.mtime = 99;
  Entry first = hardlink("./bin/first", "./bin/tool");
  Entry second = hardlink("./bin/second", "bin/first");
  checker.admit(tool);
  checker.admit(first);
  checker.admit(second);
  CHECK(first.link_target == "usr/bin/tool");
  CHECK(second.link_target == "usr/bin/tool");
  CHECK(second.mode == 04711);
  CHECK(second.uid == 7);
  CHECK(second.mtime == 99);

  CHECK(refused({hardlink("./a", "./b")}, "no earlier file"));
  CHECK(refused({hardlink("./a", "./b"), file("./b")}, "no earlier file"));
  CHECK(refused({hardlink("./a", "../../etc/shadow")}, "not canonical"));
  CHECK(refused({hardlink("./a", "/etc/shadow")}, "absolute"));
  CHECK(refused({directory("./d/"), hardlink("./a", "./d")}, ""));
  CHECK(refused({hardlink("./a", "./a")}, "no earlier file"));
}

TEST_CASE("a hard link to a symbolic link is refused") {
  EntryChecker checker(true);
  Entry link = symlink("./l", "/etc/shadow");
  Entry alias = hardlink("./a", "./l");
  checker.admit(link);
  CHECK_THROWS_AS(checker.admit(alias), Error);
}

TEST_CASE("whiteouts and attributes that steer overlay file systems are refused") {
  CHECK(refused({file("./etc/.wh.passwd")}, "whiteout"));
  CHECK(refused({directory("./.wh..wh..opq/")}, "whiteout"));
  CHECK(refused({file("./.wh.d/x")}, "whiteout"));
  CHECK(admitted({file("./a.wh.b"), file("./.whx")}) == Paths{"a.wh.b", ".whx"});

  Entry overlay = directory("./d/");
  overlay.xattrs["trusted.overlay.opaque"] = "y";
  CHECK(refused({overlay}, "trusted.overlay.opaque"));
  overlay.xattrs = {{"user.overlay.opaque", "y"}};
  CHECK(refused({overlay}, "user.overlay.opaque"));
  Entry device = file("./gone");
  device.type = EntryType::kCharacterDevice;
  CHECK(refused({device}, "whiteout"));

  Entry tool = file("./tool");
  tool.xattrs = {
      {"security.capability", "cap"}, {"user.note", "n"}, {"user.a=b", ""}, {"security.selinux", "s"}};
  EntryChecker checker(true);
  checker.admit(tool);
  CHECK(tool.xattrs ==
        std::map<std::string, std::string>{{"security.capability", "cap"}, {"user.note", "n"}});
}

TEST_CASE("what no image could hold is refused") {
  Entry foreign = file("./a");
  foreign.gid = 65535;
  CHECK(admitted({foreign}) == Paths{"a"});
  foreign.gid = 65536;
  CHECK(refused({foreign}, "65536"));

  Entry device = file("./d");
  device.type = EntryType::kBlockDevice;
  device.device_major = 4095;
  device.device_minor = 1048575;
  CHECK(admitted({device}) == Paths{"d"});
  device.device_major = 4096;
  CHECK(refused({device}, "number"));

  Entry noted = file("./n");
  noted.xattrs["user.note"] = std::string(65537, 'x');
  CHECK(refused({noted}, "user.note"));
  noted.xattrs = {{"user." + std::string(251, 'x'), ""}};
  CHECK(refused({noted}, "extended attribute"));
}

TEST_CASE("a symbolic link has a target that fits, wherever it leads") {
  CHECK(refused({symlink("./l", "")}, "no valid target"));
  CHECK(refused({symlink("./l", std::string(5000, 'x'))}, "no valid target"));
  CHECK(admitted({symlink("./l", "../../../etc/passwd")}) == Paths{"l"});
}

TEST_CASE("a path in a message cannot reach the terminal") {
  CHECK(printable("a b\x1b[2J\"\xff") == "\"a b\\x1b[2J\\x22\\xff\"");
  CHECK(printable(std::string(300, 'x')) == "\"" + std::string(200, 'x') + "...\"");
}

}  // namespace
}  // namespace bootstrap
