#include "image/layer_difference.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

Layer layer(const std::string& content, const std::string& encoder) {
  Layer layer;
  layer.diff_id = Digest::of(content);
  layer.digest = Digest::of(content + encoder);
  layer.encoder = encoder;
  layer.created_by = "layer " + content;
  return layer;
}

TEST_CASE("all layers that differ are named, and in what") {
  const std::vector<Layer> before{layer("1", "a"), layer("2", "a"), layer("3", "a")};
  CHECK(differing_layers(before, before).empty());
  const auto differences = differing_layers(before, {layer("1", "b"), layer("2", "a"), layer("x", "a")});
  REQUIRE(differences.size() == 2);
  CHECK(differences[0].layer == "layer 1");
  CHECK_FALSE(differences[0].content);
  CHECK(differences[0].expected == "a");
  CHECK(differences[0].actual == "b");
  CHECK(differences[1].layer == "layer 3");
  CHECK(differences[1].content);
}

TEST_CASE("a layer that only one image has differs") {
  const std::vector<Layer> one{layer("1", "a")};
  const std::vector<Layer> two{layer("1", "a"), layer("2", "b")};
  REQUIRE(differing_layers(one, two).size() == 1);
  CHECK(differing_layers(one, two)[0].layer == "layer 2");
  CHECK(differing_layers(one, two)[0].content);
  CHECK(differing_layers(two, one)[0].expected == "b");
  CHECK(differing_layers(two, one)[0].actual.empty());
}

}  // namespace
}  // namespace bootstrap
