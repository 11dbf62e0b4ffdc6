#include "rootfs/state.h"

#include "rootfs_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

constexpr std::int64_t kNewest = 5000;

class StateTest {
 public:
  /// A path of the tree; without inode it is a file of its own.
  StateTest& has(Entry entry, std::uint64_t inode = 0) {
    listing_[entry.path] = {entry, inode != 0 ? inode : ++next_inode_};
    return *this;
  }
  StateDifference against(const std::vector<const Segment*>& own, const LayerView& parents = {}) {
    return find_difference(parents, own, listing_, kNewest);
  }

 private:
  Listing listing_;
  std::uint64_t next_inode_ = 1000;
};

std::vector<std::string> paths(const StateDifference& difference) {
  std::vector<std::string> result;
  for (const Entry& entry : difference.entries)
    result.push_back(entry.path);
  return result;
}

using Paths = std::vector<std::string>;
using Masked = std::map<std::string, std::set<std::string>>;

const Entry kRoot = make_directory_entry(".");

}  // namespace

TEST_CASE("a tree that is as shipped has no state") {
  const auto package = make_segment(
      "p", {kRoot, make_directory_entry("d")},
      {make_file("d/f", "x"), make_link("d/l", "f"), make_link("d/h", "d/f", EntryType::kHardlink)});
  Entry touched = make_file("d/f", "x");
  touched.mtime = 4000;  // a script may touch a file; that alone is nothing
  const auto difference = StateTest()
                              .has(make_directory_entry("d"))
                              .has(touched, 7)
                              .has(make_file("d/h", "x"), 7)
                              .has(make_link("d/l", "f"))
                              .against({&package});
  CHECK(difference.entries.empty());
  CHECK(difference.masked.empty());
}

TEST_CASE("changed, removed and new files") {
  const auto package = make_segment(
      "p", {kRoot},
      {make_file("content", "x"), make_file("gone", "x"), make_file("mode", "x"), make_file("same", "x")});
  Entry fresh = make_file("new", "x");
  fresh.mtime = 9000;
  const auto difference = StateTest()
                              .has(make_file("content", "y"))
                              .has(make_file("mode", "x", 0600))
                              .has(make_file("same", "x"))
                              .has(fresh)
                              .against({&package});
  CHECK(paths(difference) == Paths{"content", "mode", "new"});
  CHECK(difference.masked == Masked{{"p", {"content", "gone", "mode"}}});
  CHECK(difference.entries[0].mtime == 1000);
  CHECK(difference.entries[2].mtime == kNewest);
}

TEST_CASE("what a script did to a parent's files is a change or a whiteout, and masks nothing") {
  const auto base = make_segment("base", {kRoot, make_directory_entry("d")},
                                 {make_file("changed", "x"), make_file("d/f", "x"), make_file("gone", "x")});
  LayerView parents;
  parents.add_package(base, {});
  const auto difference = StateTest().has(make_file("changed", "y")).against({}, parents);
  CHECK(paths(difference) == Paths{".wh.d", ".wh.gone", "changed"});
  CHECK(difference.masked.empty());
}

TEST_CASE("a device of a parent's state stays, although no tree has it") {
  LayerView parents;
  Entry null = make_entry("dev/null", EntryType::kCharacterDevice);
  const std::vector<Entry> state{make_directory_entry("dev"), null, kRoot};
  parents.add_state(state);
  CHECK(StateTest().has(make_directory_entry("dev")).against({}, parents).entries.empty());
}

TEST_CASE("a directory that packages disagree about goes with the state, with the time of all directories") {
  const auto a = make_segment("a", {kRoot, make_directory_entry("d", 0755), make_directory_entry("e")}, {});
  const auto b = make_segment("b", {make_directory_entry("d", 0700), make_directory_entry("e")}, {});
  const auto difference =
      StateTest().has(make_directory_entry("d", 0755)).has(make_directory_entry("e")).against({&a, &b});
  CHECK(paths(difference) == Paths{"d"});
  CHECK(difference.entries[0].mtime == kNewest);
}

TEST_CASE("a directory that became a link takes nothing else with it") {
  const auto a = make_segment("a", {kRoot, make_directory_entry("run"), make_directory_entry("var/run")},
                              {make_file("var/run/f", "x")});
  const auto difference = StateTest()
                              .has(make_directory_entry("run"))
                              .has(make_file("run/f", "x"))
                              .has(make_directory_entry("var"))
                              .has(make_link("var/run", "/run"))
                              .against({&a});
  CHECK(paths(difference) == Paths{"run", "run/f", "var", "var/run"});
  CHECK(difference.masked == Masked{{"a", {"var/run", "var/run/f"}}});
}

TEST_CASE("two packages with the same file: the layers get it once") {
  const auto a = make_segment("a", {kRoot}, {make_file("f", "x")});
  const auto b = make_segment("b", {kRoot}, {make_file("f", "x")});
  const auto difference = StateTest().has(make_file("f", "x")).against({&a, &b});
  CHECK(difference.entries.empty());
  CHECK(difference.masked == Masked{{"b", {"f"}}});
}

TEST_CASE("hard links: one that changed takes the set into the state, one that is lost only itself") {
  const auto package = make_segment("p", {kRoot},
                                    {make_file("b", "x"), make_link("a", "b", EntryType::kHardlink),
                                     make_link("c", "b", EntryType::kHardlink)});
  SECTION("changed content") {
    const auto difference = StateTest()
                                .has(make_file("a", "y"), 3)
                                .has(make_file("b", "y"), 3)
                                .has(make_file("c", "y"), 3)
                                .against({&package});
    CHECK(difference.masked == Masked{{"p", {"a", "b", "c"}}});
    REQUIRE(paths(difference) == Paths{"a", "b", "c"});
    CHECK(difference.entries[0].type == EntryType::kFile);
    CHECK(difference.entries[1].type == EntryType::kHardlink);
    CHECK(difference.entries[2].link_target == "a");
  }
  SECTION("one broken off") {
    const auto difference = StateTest()
                                .has(make_file("a", "z"))
                                .has(make_file("b", "x"), 3)
                                .has(make_file("c", "x"), 3)
                                .against({&package});
    CHECK(paths(difference) == Paths{"a"});
    CHECK(difference.masked == Masked{{"p", {"a"}}});
  }
  SECTION("a parent's set that changed is wholly in the state") {
    LayerView parents;
    parents.add_package(package, {});
    const auto difference = StateTest()
                                .has(make_file("a", "y"), 3)
                                .has(make_file("b", "y"), 3)
                                .has(make_file("c", "y"), 3)
                                .against({}, parents);
    CHECK(paths(difference) == Paths{"a", "b", "c"});
  }
}

TEST_CASE("the root is 0755 and root's whatever the packages say") {
  const auto odd = make_segment("p", {make_directory_entry(".", 0700)}, {});
  const auto difference = StateTest().against({&odd});
  REQUIRE(paths(difference) == Paths{"."});
  CHECK(difference.entries[0].mode == 0755);
}

TEST_CASE("the state has the directories that its entries lie in") {
  const auto package = make_segment(
      "p", {kRoot, make_directory_entry("root", 0700), make_directory_entry("d")}, {make_file("d/f", "x")});
  const auto difference = StateTest()
                              .has(make_directory_entry("root", 0700))
                              .has(make_file("root/.profile", "x"))
                              .has(make_directory_entry("d"))
                              .has(make_file("d/f", "x"))
                              .against({&package});
  CHECK(paths(difference) == Paths{"root", "root/.profile"});
  CHECK(difference.entries[0].mode == 0700);
}

TEST_CASE("what scripts made has no time of day, be the clock ahead of the packages or behind") {
  for (const std::int64_t now : {kNewest - 3000, kNewest, kNewest + 3000}) {
    Listing listing;
    for (Entry entry :
         {make_directory_entry("made"), make_file("made/file", "x"), make_link("made/link", "file"),
          make_entry("made/fifo", EntryType::kFifo), make_file("copied", "x")}) {
      entry.mtime = entry.path == "copied" ? 1000 : now;
      listing[entry.path] = {entry, listing.size() + 1};
    }
    for (const Entry& entry : find_difference({}, {}, listing, kNewest, {now - 1, now + 1}).entries) {
      INFO(entry.path);
      CHECK(entry.mtime == (entry.path == "copied" ? 1000 : kNewest));
    }
  }
}
