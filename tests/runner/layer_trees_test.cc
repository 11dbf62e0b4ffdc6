#include "runner/layer_trees.h"

#include <unistd.h>

#include "support/catch.h"
#include "support/payload_image.h"

namespace bootstrap {
namespace {

struct TreesFixture {
  PayloadImage image{ImageOptions{}};
  std::filesystem::path directory = image.directory.path() / "trees";
  Layer layer = image.layout.manifest(image.manifest).layers.at(0);
  std::filesystem::path tree;

  TreesFixture() {
    const auto trees = LayerTrees(directory, find_id_range()).get(image.layout, {layer}, BOOTSTRAP_WORKER);
    if (trees)
      tree = trees->at(0);
  }
  std::size_t collected(const std::set<Digest>& kept) const {
    Garbage garbage;
    const UniqueFd held = collect_layer_trees(directory, kept, garbage);
    return garbage.files();
  }
};

}  // namespace

TEST_CASE("only the trees of layers that no image has are garbage, with what dead runs have left") {
  const TreesFixture fixture;
  if (::geteuid() != 0) {  // others have none
    CHECK(fixture.tree.empty());
    return;
  }
  REQUIRE(std::filesystem::is_directory(fixture.tree));
  CHECK(fixture.collected({fixture.layer.diff_id}) == 0);
  std::filesystem::create_directory(fixture.tree.parent_path() / "unfinished-x");
  std::filesystem::create_directory(fixture.directory / "bootstrap-x");
  CHECK(fixture.collected({fixture.layer.diff_id}) == 2);
  CHECK(fixture.collected({Digest::of("another")}) == 3);
}

TEST_CASE("no tree is kept under a diff ID that its layer only claims") {
  const TreesFixture fixture;
  if (::geteuid() != 0)
    return;  // others have none
  Layer lie = fixture.layer;
  lie.diff_id = Digest::of("another image's");
  LayerTrees trees(fixture.directory, find_id_range());
  CHECK_FALSE(trees.get(fixture.image.layout, {lie}, BOOTSTRAP_WORKER));
  CHECK_FALSE(std::filesystem::exists(fixture.tree.parent_path() / lie.diff_id.hex()));
}

TEST_CASE("no tree is garbage while an image is run") {
  const TreesFixture fixture;
  const std::size_t free = fixture.collected({});
  {
    const UniqueFd in_use = use_layer_trees(fixture.directory);
    REQUIRE(in_use);
    CHECK(fixture.collected({}) == 0);
  }
  CHECK(fixture.collected({}) == free);
  CHECK_FALSE(use_layer_trees("/proc/no/such"));
}

}  // namespace bootstrap
