// Which layers of two images that ought to be equal are not, and whether only in how they are compressed.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "image/layer.h"

namespace bootstrap {

struct LayerDifference {
  std::string layer;    ///< what it was created by
  bool content = true;  ///< false: only the compressed bytes differ
  std::string
      expected;  ///< what compressed it there: "zstd-1.5.4"; empty: not known, or there is no such layer
  std::string actual;  ///< and here
};
Json to_json(const LayerDifference& difference);

/// In the images' order. A layer that only one of them has differs in content.
std::vector<LayerDifference> differing_layers(const std::vector<Layer>& expected,
                                              const std::vector<Layer>& actual);

}  // namespace bootstrap
