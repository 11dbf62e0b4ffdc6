// The first place at which the contents of two images that ought to be equal are not: layer, path, byte, and
// what that says about the cause.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "image/layout.h"

namespace bootstrap {

struct FirstDifference {
  std::string layer;                    ///< what it was created by; empty: the image config differs
  std::string path;                     ///< in the layer's tar, or a JSON pointer into the config
  std::string what;                     ///< "content", "mode 0644 instead of 0755", "missing"
  std::optional<std::uint64_t> offset;  ///< of the first byte of the file's content that differs
  std::string likely_cause;
};
Json to_json(const FirstDifference& difference);

/// nullopt when the image IDs are the same, however the layers are compressed. A difference in times only is
/// passed over while there is another in the same layer.
std::optional<FirstDifference> find_first_difference(const ImageLayout& expected,
                                                     const Digest& expected_manifest,
                                                     const ImageLayout& actual,
                                                     const Digest& actual_manifest);

}  // namespace bootstrap
