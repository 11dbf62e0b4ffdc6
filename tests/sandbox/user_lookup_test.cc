#include "sandbox/user_lookup.h"

#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

struct Tree {
  TemporaryDirectory directory;
  Tree() { std::filesystem::create_directory(directory.path() / "etc"); }
  void write(const char* path, const std::string& text) {
    write_file(directory.path() / path, text, Durability::kCache);
  }
  Identity find(const std::string& user) {
    UniqueFd root = open_file(directory.path(), O_RDONLY | O_DIRECTORY);
    return find_identity(root.get(), user);
  }
};

}  // namespace

TEST_CASE("users are found in the tree's own files") {
  Tree tree;
  tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:33:34:web:/:/bin/sh\n77:x:78:79::/:/bin/sh\n");
  tree.write("etc/group", "web:x:34:\nlog:x:4:adm,web\nweb2:x:5:webber\nall:x:6:web\n");

  CHECK(tree.find("").uid == 0);
  Identity web = tree.find("web");
  CHECK(web.uid == 33);
  CHECK(web.gid == 34);
  CHECK(web.groups == std::vector<gid_t>{4, 6});
  // As a number, the account still gives the groups.
  CHECK(tree.find("33").gid == 34);
  CHECK(tree.find("33").groups == std::vector<gid_t>{4, 6});
  // A name wins over the number that it looks like.
  CHECK(tree.find("77").uid == 78);
  CHECK(tree.find("1234").uid == 1234);
  CHECK(tree.find("1234").gid == 0);
  Identity explicit_group = tree.find("web:log");
  CHECK(explicit_group.gid == 4);
  CHECK(explicit_group.groups.empty());
  CHECK(tree.find("5:6").gid == 6);
  CHECK_THROWS_AS(tree.find("nobody"), Error);
  CHECK_THROWS_AS(tree.find("web:nogroup"), Error);
  CHECK_THROWS_AS(tree.find("70000"), Error);
  CHECK_THROWS_AS(tree.find("-1"), Error);
}

TEST_CASE("malformed lines are no accounts") {
  Tree tree;
  tree.write("etc/passwd",
             "a:x:0\nb:x:-1:0::/:/\nc:x:0x0:0::/:/\nd:x:4294967296:0::/:/\n:x:0:0::/:/\ne:x:5:5::/:/:0\n");
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(tree.find(name), Error);
  }
}

TEST_CASE("passwd is not read through links, and a FIFO does not block") {
  Tree tree;
  tree.write("elsewhere", "web:x:33:34::/:/bin/sh\n");
  std::filesystem::create_symlink("../elsewhere", tree.directory.path() / "etc/passwd");
  CHECK_THROWS_AS(tree.find("web"), Error);
  std::filesystem::remove(tree.directory.path() / "etc/passwd");
  REQUIRE(::mkfifo((tree.directory.path() / "etc/passwd").c_str(), 0644) == 0);
  CHECK_THROWS_AS(tree.find("web"), Error);
}
