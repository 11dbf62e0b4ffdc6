#include "image/unpack.h"

#include <sys/stat.h>

#include "image/flat_tree.h"
#include "image/image_fixture.h"
#include "image/layer_reader.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using Lines = std::vector<std::string>;

struct UnpackFixture : ImageFixture {
  std::filesystem::path root = directory.path() / "root";
  std::vector<Layer> layers;

  UnpackFixture() { std::filesystem::create_directory(root); }

  void add(const std::vector<TarItem>& items) { layers.push_back(layer(owned(items))); }

  Lines unpack() {
    UniqueFd blobs = open_file(store.root() / "blobs", O_RDONLY | O_DIRECTORY);
    UniqueFd fd = open_file(root, O_RDONLY | O_DIRECTORY);
    unpack_layers(blobs.get(), layers, fd.get());
    return listing(root);
  }

  /// The same by the model that exports are made from.
  Lines flatten() {
    FlatTree tree;
    std::vector<std::string> contents;
    for (const Layer& layer : layers) {
      tree.begin_layer();
      UniqueFd fd = open_file(blob(layer), O_RDONLY);
      LayerReader reader(fd.get(), layer);
      while (auto entry = reader.next()) {
        tree.apply(*entry, contents.size());
        contents.emplace_back(reader.read());
      }
    }
    Lines lines;
    for (const FlatTree::Item& item : tree.items()) {
      const Entry& entry = item.entry;
      if (entry.type == EntryType::kDirectory)
        lines.push_back("d " + entry.path);
      else if (entry.type == EntryType::kSymlink)
        lines.push_back("l " + entry.path + "->" + entry.link_target);
      else
        lines.push_back("- " + entry.path + "=" + contents[item.content]);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
};

TarItem dir(std::string path) {
  return {std::move(path), 'd', "", 0755};
}
TarItem file(std::string path, std::string content = "") {
  return {std::move(path), '-', std::move(content)};
}
TarItem link(std::string path, std::string target) {
  return {.path = std::move(path), .type = 'l', .link_target = std::move(target)};
}
TarItem hard(std::string path, std::string target) {
  return {.path = std::move(path), .type = 'h', .link_target = std::move(target)};
}

TEST_CASE("a later layer wins") {
  UnpackFixture f;
  f.add({dir("etc"), file("etc/a", "old"), file("etc/b", "kept"), dir("var"), dir("var/run"),
         file("var/run/x")});
  SECTION("file over file") {
    f.add({file("etc/a", "new")});
    CHECK(f.unpack() == Lines{"- etc/a=new", "- etc/b=kept", "- var/run/x=", "d etc", "d var", "d var/run"});
  }
  SECTION("link over directory") {
    f.add({link("var/run", "/run")});
    CHECK(f.unpack() == Lines{"- etc/a=old", "- etc/b=kept", "d etc", "d var", "l var/run->/run"});
  }
  SECTION("directory over file") {
    f.add({dir("etc/a"), file("etc/a/c", "1")});
    CHECK(f.unpack() ==
          Lines{"- etc/a/c=1", "- etc/b=kept", "- var/run/x=", "d etc", "d etc/a", "d var", "d var/run"});
  }
  SECTION("directory over directory keeps what is in it") {
    f.add({dir("etc"), file("etc/c", "1")});
    CHECK(f.unpack() ==
          Lines{"- etc/a=old", "- etc/b=kept", "- etc/c=1", "- var/run/x=", "d etc", "d var", "d var/run"});
  }
  CHECK(f.flatten() == listing(f.root));
}

TEST_CASE("whiteouts remove what lower layers have") {
  UnpackFixture f;
  f.add({dir("d"), file("d/a", "1"), dir("d/sub"), file("d/sub/b", "2"), file("d-e", "neighbour")});
  SECTION("a file") {
    f.add({file("d/.wh.a")});
    CHECK(f.unpack() == Lines{"- d-e=neighbour", "- d/sub/b=2", "d d", "d d/sub"});
  }
  SECTION("a directory with all in it") {
    f.add({file(".wh.d")});
    CHECK(f.unpack() == Lines{"- d-e=neighbour"});
  }
  SECTION("what is not there") {
    f.add({file("d/.wh.zzz"), file(".wh.none")});
    CHECK(f.unpack() == Lines{"- d-e=neighbour", "- d/a=1", "- d/sub/b=2", "d d", "d d/sub"});
  }
  SECTION("an opaque directory keeps what its own layer has, wherever the whiteout stands") {
    f.add({dir("d"), file("d/new", "3"), file("d/.wh..wh..opq"), file("d/newer", "4")});
    CHECK(f.unpack() == Lines{"- d-e=neighbour", "- d/new=3", "- d/newer=4", "d d"});
  }
  SECTION("a whiteout does not touch its own layer") {
    f.add(
        {dir("d"), dir("d/sub"), file("d/sub/c", "5"), file("d/.wh.sub"), file("d/a", "6"), file("d/.wh.a")});
    CHECK(f.unpack() == Lines{"- d-e=neighbour", "- d/a=6", "- d/sub/c=5", "d d", "d d/sub"});
  }
  CHECK(f.flatten() == listing(f.root));
}

TEST_CASE("a hard link keeps the content that its target had") {
  UnpackFixture f;
  f.add({file("a", "first"), hard("b", "a")});
  f.add({hard("c", "b"), file("a", "second")});
  CHECK(f.unpack() == Lines{"- a=second", "- b=first", "- c=first"});
  CHECK(f.flatten() == listing(f.root));
  CHECK(std::filesystem::hard_link_count(f.root / "b") == 2);
}

TEST_CASE("modes and times are those of the layer") {
  UnpackFixture f;
  TarItem program{"d/program", '-', "x", 04751, 0, 0, 1'600'000'000};
  TarItem directory{"d", 'd', "", 01777, 0, 0, 1'500'000'000};
  f.add({directory, program});
  f.add({file("d/later")});
  f.unpack();
  struct stat status{};
  REQUIRE(::stat((f.root / "d/program").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 04751);
  CHECK(status.st_mtime == 1'600'000'000);
  REQUIRE(::stat((f.root / "d").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 01777);
  CHECK(status.st_mtime == 1'500'000'000);
}

TEST_CASE("directories that no layer has an entry for are made") {
  UnpackFixture f;
  f.add({file("a/b/c", "1")});
  CHECK(f.unpack() == Lines{"- a/b/c=1", "d a", "d a/b"});
}

TEST_CASE("no path leads through a symbolic link of the image") {
  UnpackFixture f;
  std::filesystem::path outside = f.directory.path() / "outside";
  std::filesystem::create_directory(outside);
  write_file(outside / "victim", "untouched", Durability::kCache);
  f.add({link("out", outside.string()), link("passwd", (outside / "victim").string())});
  SECTION("files") {
    f.add({file("out/evil", "x")});
  }
  SECTION("directories") {
    f.add({dir("out/evil")});
  }
  SECTION("whiteouts") {
    f.add({file("out/.wh.victim")});
  }
  SECTION("hard link targets") {
    f.add({hard("stolen", "out/victim")});
  }
  SECTION("the root") {
    f.add({link(".", outside.string())});
  }
  CHECK_THROWS_AS(f.unpack(), Error);
  CHECK_THROWS_AS(f.flatten(), Error);
  CHECK(listing(outside) == Lines{"- victim=untouched"});
}

TEST_CASE("a device that overlays take for a whiteout is refused") {
  UnpackFixture f;
  f.add({{"gone", 'c', "", 0600}});
  CHECK_THROWS_AS(f.unpack(), Error);
}

TEST_CASE("a file replaces a symbolic link rather than what it points to") {
  UnpackFixture f;
  std::filesystem::path victim = f.directory.path() / "victim";
  write_file(victim, "untouched", Durability::kCache);
  f.add({link("x", victim.string())});
  f.add({file("x", "new")});
  CHECK(f.unpack() == Lines{"- x=new"});
  CHECK(read_file(victim) == "untouched");
}

TEST_CASE("a whiteout of no name is refused") {
  UnpackFixture f;
  f.add({file("d/.wh...", "x")});
  CHECK_THROWS_AS(f.unpack(), Error);
}

}  // namespace
}  // namespace bootstrap
