#include "update/verify.h"

#include "base/image_format.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

Verification with_layers(std::vector<LayerDifference> layers) {
  Verification result;
  result.format = kImageFormat;
  result.layers = std::move(layers);
  return result;
}

TEST_CASE("another encoder explains other compressed bytes, the same one does not") {
  CHECK(with_layers({}).same());
  CHECK(with_layers({{"state", false, "zstd-1.5.4", "zstd-1.5.7"}}).same());
  CHECK(with_layers({{"state", false, "", "zstd-1.5.7"}}).same());
  CHECK_FALSE(with_layers({{"state", false, "zstd-1.5.7", "zstd-1.5.7"}}).same());
  Verification other = with_layers({});
  other.actual_id = Digest::of("another config");
  CHECK_FALSE(other.same());
  CHECK_FALSE(other.same_image());
}

TEST_CASE("an image of another format says so") {
  Verification result = with_layers({});
  CHECK(result.other_format().empty());
  result.format = 1;
  CHECK(result.other_format() == "made by format 1; this is " + std::to_string(kImageFormat));
}

}  // namespace
}  // namespace bootstrap
