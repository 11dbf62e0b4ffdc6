#include "rootfs/listing.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;
namespace fs = std::filesystem;

namespace {

/// Lowers the number of open files while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t count) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit few{count, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a listing describes every kind of path without opening what could block") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("d/file", "content", 0640);
  fs::create_hard_link(fixture.path("d/file"), fixture.path("d/twin"));
  fs::create_symlink("/etc/passwd", fixture.path("link"));
  REQUIRE(::mkfifo(fixture.path("fifo").c_str(), 0600) == 0);
  if (may_make_trees())
    REQUIRE(::mknod(fixture.path("device").c_str(), S_IFCHR | 0600, makedev(0, 0)) == 0);
  const Listing listing = list_tree(tree, {});
  REQUIRE(listing.size() == 5);
  CHECK(listing.at("d").entry.type == EntryType::kDirectory);
  CHECK(listing.at("d/file").entry.digest == Digest::of("content"));
  CHECK(listing.at("d/file").entry.mode == 0640);
  CHECK(listing.at("d/twin").inode == listing.at("d/file").inode);
  CHECK(listing.at("link").entry.link_target == "/etc/passwd");
  CHECK(listing.at("fifo").entry.type == EntryType::kFifo);
}

TEST_CASE("what was not touched since it was written is not read again") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("same", "old");
  tree.write("changed", "old");
  fs::create_hard_link(fixture.path("same"), fixture.path("twin"));
  const Entry same = make_file("same", "as the package says");
  const Entry changed = make_file("changed", "as the package says");
  const Entry twin = make_link("twin", "same", EntryType::kHardlink);
  WrittenPaths written;
  for (const Entry* entry : {&same, &changed, &twin})
    written[entry->path] = {entry, stamp_of(*tree.stat(entry->path))};
  wait_for_clock_tick();
  std::error_code ignored;
  const auto time = fs::last_write_time(fixture.path("changed"), ignored);
  const UniqueFd fd = open_file(fixture.path("changed"), O_WRONLY);
  write_all(fd.get(), "new");  // same size, and the old time is put back: only ctime tells
  fs::last_write_time(fixture.path("changed"), time);
  const Listing listing = list_tree(tree, written);
  CHECK(listing.at("same").entry.digest == Digest::of("as the package says"));
  CHECK(listing.at("twin").entry.digest == Digest::of("as the package says"));
  CHECK(listing.at("twin").entry.type == EntryType::kFile);
  CHECK(listing.at("changed").entry.digest == Digest::of("new"));
}

TEST_CASE("a deep tree is listed and removed with few descriptors, one that is too deep refused") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  std::string path = "top";
  for (int i = 0; i < 200; ++i)
    path += "/d";
  tree.make_directory(path);
  {
    const FewDescriptors few(64);
    CHECK(list_tree(tree, {}).size() == 201);
    remove_tree(tree, "top");
    CHECK(list_tree(tree, {}).empty());
  }

  UniqueFd directory(::dup(tree.root()));
  for (int i = 0; i < 50; ++i) {  // each step relative, so that no single call has too long a path
    const std::string name(100, 'x');
    REQUIRE(::mkdirat(directory.get(), name.c_str(), 0755) == 0);
    directory = open_beneath(directory.get(), name, O_RDONLY | O_DIRECTORY);
  }
  CHECK_THROWS_AS(list_tree(tree, {}), Error);
}

TEST_CASE("removing a tree does not follow links") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("kept/file", "x");
  tree.make_directory("gone/below");
  tree.make_symlink("gone/link", "/kept");
  remove_tree(tree, "gone");
  CHECK_FALSE(tree.exists("gone"));
  CHECK(tree.read("kept/file") == "x");
  remove_tree(tree, "never/there");
}

TEST_CASE("a tree never reads through a link in the last place, nor a FIFO") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  write_file(fixture.outside("secret"), "host", Durability::kCache);
  tree.make_symlink("link", fixture.outside("secret").string());
  tree.make_symlink("up", "../secret");
  REQUIRE(::mkfifo(fixture.path("fifo").c_str(), 0600) == 0);
  CHECK_FALSE(tree.read("link").has_value());
  CHECK_FALSE(tree.read("up").has_value());
  CHECK_FALSE(tree.read("fifo").has_value());
  tree.write("link", "mine");
  CHECK(tree.read("link") == "mine");
  CHECK(read_file(fixture.outside("secret")) == "host");
}

TEST_CASE("names that would delete files in a layer are refused") {
  const RootfsFixture fixture;
  const Tree tree = fixture.tree();
  tree.write("etc/.wh.passwd", "");
  CHECK_THROWS_AS(list_tree(tree, {}), Error);
}
