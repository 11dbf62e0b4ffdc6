#include "image/layer_difference.h"

#include <algorithm>

namespace bootstrap {

Json to_json(const LayerDifference& difference) {
  return {{"layer", difference.layer},
          {"what", difference.content ? "content" : "compressed bytes"},
          {"expected_encoder", difference.expected},
          {"actual_encoder", difference.actual}};
}

std::vector<LayerDifference> differing_layers(const std::vector<Layer>& expected,
                                              const std::vector<Layer>& actual) {
  std::vector<LayerDifference> differences;
  const std::size_t shared = std::min(expected.size(), actual.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (expected[i].digest != actual[i].digest)
      differences.push_back({expected[i].created_by, expected[i].diff_id != actual[i].diff_id,
                             expected[i].encoder, actual[i].encoder});
  }
  for (std::size_t i = shared; i < expected.size(); ++i)
    differences.push_back({expected[i].created_by, true, expected[i].encoder, ""});
  for (std::size_t i = shared; i < actual.size(); ++i)
    differences.push_back({actual[i].created_by, true, "", actual[i].encoder});
  return differences;
}

}  // namespace bootstrap
