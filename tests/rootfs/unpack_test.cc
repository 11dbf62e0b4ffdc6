#include "rootfs/unpack.h"

#include <sys/stat.h>

#include "base/error.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;
namespace fs = std::filesystem;

namespace {

/// A tree with an empty database to unpack into.
class UnpackTest : public RootfsFixture {
 public:
  UnpackTest() : tree_(tree()), unpacker_(tree_, reader()) { tree_.write(dpkg_path("status"), ""); }
  void unpack(const DebBuilder& builder) { unpack(std::vector{builder}); }
  void unpack(const std::vector<DebBuilder>& builders) {
    std::vector<const Segment*> packages;
    for (const DebBuilder& builder : builders) {
      segments_.push_back(std::make_unique<Segment>(import(builder)));
      packages.push_back(segments_.back().get());
    }
    unpacker_.unpack(packages);
  }
  void begin_stage() { unpacker_.begin_stage(); }
  std::string read(const std::string& path) const { return tree_.read(path).value_or("(nothing)"); }
  const Tree& root() const { return tree_; }
  const Unpacker& unpacker() const { return unpacker_; }

 private:
  Tree tree_;
  Unpacker unpacker_;
  std::vector<std::unique_ptr<Segment>> segments_;
};

}  // namespace

TEST_CASE("files, links and modes come out as shipped, conffiles wait for dpkg") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.unpack(DebBuilder("pp")
                  .file("usr/bin/tool", "#!/bin/sh\n", 04755)
                  .file("usr/share/empty", "")
                  .symlink("usr/bin/alias", "tool")
                  .hardlink("usr/bin/twin", "usr/bin/tool")
                  .conffile("etc/p.conf", "setting\n")
                  .item({.path = "usr/share/owned", .content = "x", .uid = 7, .gid = 8}));
  CHECK(test.read("usr/bin/tool") == "#!/bin/sh\n");
  CHECK(test.read("usr/share/empty").empty());
  const auto tool = test.root().stat("usr/bin/tool");
  CHECK((tool->st_mode & 07777) == 04755);
  CHECK(tool->st_mtime == kBuilderTime);
  CHECK(tool->st_ino == test.root().stat("usr/bin/twin")->st_ino);
  CHECK(test.root().stat("usr/share/owned")->st_uid == 7);
  CHECK(test.root().stat("usr/share/owned")->st_gid == 8);
  CHECK(fs::read_symlink(test.path("usr/bin/alias")) == "tool");
  CHECK_FALSE(test.root().exists("etc/p.conf"));
  CHECK(test.read("etc/p.conf.dpkg-new") == "setting\n");
  CHECK(test.read("var/lib/dpkg/status").find("Conffiles:\n /etc/p.conf newconffile\n") != std::string::npos);
  CHECK(test.read("var/lib/dpkg/info/pp.list").find("/usr/bin/tool\n") != std::string::npos);
  CHECK(test.unpacker().written().count("usr/bin/tool") == 1);
  CHECK(test.unpacker().written().count("etc/p.conf") == 0);
}

TEST_CASE("a package may ship what its preinst has diverted") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.unpack(DebBuilder("original").file("usr/bin/x", "original"));
  // What dpkg-divert --rename does.
  fs::rename(test.path("usr/bin/x"), test.path("usr/bin/x.real"));
  test.root().write(dpkg_path("diversions"), "/usr/bin/x\n/usr/bin/x.real\nwrapper\n");
  test.unpack(DebBuilder("wrapper").file("usr/bin/x", "wrapper"));
  CHECK(test.read("usr/bin/x") == "wrapper");
  CHECK(test.read("usr/bin/x.real") == "original");
  CHECK(test.read("var/lib/dpkg/info/original.list").find("/usr/bin/x\n") != std::string::npos);
  CHECK_THROWS_AS(test.unpack(DebBuilder("third").file("usr/bin/x.real", "third")), Error);
}

TEST_CASE("a diversion moves other packages' files, not those of its own package") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.root().write("var/lib/dpkg/diversions", "/usr/bin/x\n/usr/bin/x.real\nwrapper\n");
  test.unpack(DebBuilder("original").file("usr/bin/x", "original"));
  test.unpack(DebBuilder("wrapper").file("usr/bin/x", "wrapper"));
  CHECK(test.read("usr/bin/x") == "wrapper");
  CHECK(test.read("usr/bin/x.real") == "original");
}

TEST_CASE("files of two packages: Replaces decides, and lists follow") {
  if (!may_make_trees())
    return;
  SECTION("the new one takes over") {
    UnpackTest test;
    test.unpack(DebBuilder("old").file("usr/bin/x", "old").file("usr/bin/y", "old"));
    test.unpack(DebBuilder("new").field("Replaces", "old (<< 2)").file("usr/bin/x", "new"));
    CHECK(test.read("usr/bin/x") == "new");
    CHECK(test.read("var/lib/dpkg/info/old.list").find("/usr/bin/x\n") == std::string::npos);
    CHECK(test.read("var/lib/dpkg/info/old.list").find("/usr/bin/y\n") != std::string::npos);
  }
  SECTION("the old one keeps it") {
    UnpackTest test;
    test.unpack(DebBuilder("old").field("Replaces", "new").file("usr/bin/x", "old"));
    test.unpack(DebBuilder("new").file("usr/bin/x", "new").file("usr/bin/z", "new"));
    CHECK(test.read("usr/bin/x") == "old");
    CHECK(test.read("usr/bin/z") == "new");
    CHECK(test.read("var/lib/dpkg/info/new.list").find("/usr/bin/x\n") == std::string::npos);
  }
  SECTION("neither") {
    UnpackTest test;
    test.unpack(DebBuilder("old").file("usr/bin/x", "old"));
    CHECK_THROWS_AS(test.unpack(DebBuilder("new").file("usr/bin/x", "new")), Error);
    CHECK(test.read("usr/bin/x") == "old");
  }
}

TEST_CASE("files go through a link to a directory, but never out of the root") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  fs::create_directory(test.outside("host"));
  test.root().make_directory("run");
  test.root().make_directory("var");
  test.root().make_symlink("var/run", "/run");
  test.root().make_symlink("var/up", "../../host");
  test.root().make_symlink("var/abs", test.outside("host").string());
  test.unpack(DebBuilder("pp").file("var/run/pid", "1"));
  CHECK(test.read("run/pid") == "1");
  CHECK(fs::is_symlink(test.path("var/run")));
  CHECK_THROWS_AS(test.unpack(DebBuilder("qq").file("var/up/f", "x")), Error);
  CHECK_THROWS_AS(test.unpack(DebBuilder("rr").file("var/abs/f", "x")), Error);
  CHECK(fs::is_empty(test.outside("host")));
}

TEST_CASE("a link in a file's place is replaced, not followed") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  write_file(test.outside("precious"), "host", Durability::kCache);
  test.root().make_directory("etc");
  test.root().make_symlink("etc/f", test.outside("precious").string());
  test.unpack(DebBuilder("pp").file("etc/f", "mine"));
  CHECK(test.read("etc/f") == "mine");
  CHECK(read_file(test.outside("precious")) == "host");
}

TEST_CASE("a file is not put in a directory's place, nor a directory in a file's") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.unpack(DebBuilder("pp").file("usr/lib/x/f", "1").file("usr/lib/y", "1"));
  CHECK_THROWS_AS(test.unpack(DebBuilder("qq").file("usr/lib/x", "2")), Error);
  CHECK_THROWS_AS(test.unpack(DebBuilder("rr").file("usr/lib/y/f", "2")), Error);
}

TEST_CASE("packages that are unpacked together meet as if they came one after the other") {
  if (!may_make_trees())
    return;
  const std::vector<DebBuilder> packages{
      DebBuilder("old")
          .file("usr/bin/x", "old")
          .hardlink("usr/bin/x2", "usr/bin/x")
          .symlink("usr/lib/d", "e"),
      DebBuilder("ee").file("usr/lib/e/f", "e"),
      DebBuilder("new").field("Replaces", "old").file("usr/bin/x", "new").file("usr/lib/d/g", "new")};
  UnpackTest together;
  together.unpack(packages);
  UnpackTest apart;
  for (const DebBuilder& package : packages)
    apart.unpack(package);
  for (const UnpackTest* test : {&together, &apart}) {
    CHECK(test->read("usr/bin/x") == "new");
    CHECK(test->read("usr/bin/x2") == "old");
    CHECK(test->read("usr/lib/e/g") == "new");
    CHECK(test->read("var/lib/dpkg/info/old.list").find("/usr/bin/x\n") == std::string::npos);
  }
  CHECK(together.read("var/lib/dpkg/status") == apart.read("var/lib/dpkg/status"));
}

TEST_CASE("restoring puts files where the parent had them, without what was masked") {
  if (!may_make_trees())
    return;
  RootfsFixture fixture;
  const Tree tree = fixture.tree();
  const Segment package =
      fixture.import(DebBuilder("pp").file("usr/bin/a", "a").file("usr/bin/b", "b").conffile("etc/c", "c"));
  Unpacker unpacker(tree, fixture.reader());
  const Segment* const packages[] = {&package};
  unpacker.restore(packages, {{"pp", {"usr/bin/b"}}});
  CHECK(tree.read("usr/bin/a") == "a");
  CHECK_FALSE(tree.exists("usr/bin/b"));
  CHECK(tree.read("etc/c") == "c");
  CHECK_FALSE(tree.exists("var/lib/dpkg/status"));
}

TEST_CASE("what is unpacked has the owner and mode that an earlier stage gave its path") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.root().make_directory("etc");
  test.root().write("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:990:991::/:/bin/sh\n");
  test.root().write("etc/group", "root:x:0:\napp:x:992:\n");
  test.root().write(dpkg_path("statoverride"),
                    "app app 4750 /usr/bin/tool\n#7 root 600 /usr/share/p/data file\n"
                    "root app 2770 /usr/share/p\nroot app 640 /etc/p.conf\nroot root 700 /bin/merged\n");
  test.begin_stage();
  test.unpack(DebBuilder("pp")
                  .file("usr/bin/tool", "x")
                  .file("usr/bin/other", "x")
                  .hardlink("usr/bin/twin", "usr/bin/tool")
                  .directory("usr/share/p")
                  .file("usr/share/p/data file", "")
                  .file("usr/bin/merged", "x")
                  .conffile("etc/p.conf", "x"));
  const auto has = [&](const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
    INFO(path);
    const auto status = test.root().stat(path);
    REQUIRE(status);
    CHECK((status->st_mode & 07777) == mode);
    CHECK(status->st_uid == uid);
    CHECK(status->st_gid == gid);
  };
  has("usr/bin/tool", 04750, 990, 992);
  has("usr/bin/other", 0644, 0, 0);
  has("usr/share/p/data file", 0600, 7, 0);
  has("usr/share/p", 02770, 0, 992);
  has("etc/p.conf.dpkg-new", 0640, 0, 992);
  has("usr/bin/merged", 0700, 0, 0);
  // None of these is as its package has it.
  for (const char* path : {"usr/bin/tool", "usr/share/p/data file", "usr/bin/merged"})
    CHECK(test.unpacker().written().count(path) == 0);
  CHECK(test.unpacker().written().count("usr/bin/other") == 1);
}

TEST_CASE("an override of a hard link is one of its file") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.root().write(dpkg_path("statoverride"), "#0 #0 4711 /usr/bin/twin\n");
  test.begin_stage();
  test.unpack(DebBuilder("pp").file("usr/bin/tool", "x").hardlink("usr/bin/twin", "usr/bin/tool"));
  CHECK((test.root().stat("usr/bin/tool")->st_mode & 07777) == 04711);
  CHECK(test.unpacker().written().count("usr/bin/tool") == 0);
}

TEST_CASE("overrides that a stage's own scripts make wait for the next stage") {
  if (!may_make_trees())
    return;
  UnpackTest test;
  test.begin_stage();
  test.root().write(dpkg_path("statoverride"), "#0 #0 600 /usr/bin/a\n#0 #0 600 /usr/bin/b\n");
  test.unpack(DebBuilder("aa").file("usr/bin/a", "x"));
  CHECK((test.root().stat("usr/bin/a")->st_mode & 07777) == 0644);
  test.begin_stage();
  test.unpack(DebBuilder("bb").file("usr/bin/b", "x"));
  CHECK((test.root().stat("usr/bin/b")->st_mode & 07777) == 0600);
}

TEST_CASE("overrides that dpkg cannot read end the build") {
  for (const char* line : {"nobody root 644 /x", "root nobody 644 /x", "root root 99 /x", "root root 644 x",
                           "root root 644", "#x root 644 /x", "root root 77777 /x", ""}) {
    INFO(line);
    CHECK_THROWS_AS(parse_stat_overrides(std::string(line) + "\n", "root:x:0:0:", "root:x:0:"), Error);
  }
  CHECK(parse_stat_overrides("", "", "").empty());
}
