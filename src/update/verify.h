// Does an image follow from what it says it was made of? It is built again from its record, with nothing
// derived at hand, and compared: the image ID first, which no compression changes, then the compressed bytes.
#pragma once

#include <string>
#include <vector>

#include "image/layer_difference.h"
#include "image/layout.h"
#include "pipeline/workshop.h"
#include "update/first_difference.h"

namespace bootstrap {

struct Verification {
  Digest expected;  ///< manifest
  Digest actual;
  Digest expected_id;  ///< image ID, the digest of the config: the same for every compression
  Digest actual_id;
  int format = 0;  ///< of images, that made it
  std::size_t packages = 0;
  std::vector<LayerDifference> layers;        ///< all that differ
  std::optional<FirstDifference> difference;  ///< when the image IDs differ

  bool same_image() const { return expected_id == actual_id; }
  /// The image ID agrees, and so do the compressed bytes, but for what another encoder explains.
  bool same() const;
  /// "made by format 1; this is 2"; empty when it was made by this one.
  std::string other_format() const;
};

/// `empty` has a store and an images folder that hold nothing; `scratch` is an empty directory. Downloads are
/// taken over from `store` where it has them, since they are hashed again when they are used. Throws kFailure
/// when the record lacks what is needed.
Verification verify_version(const ImageLayout& layout, const ImageVersion& version, const Store& store,
                            const std::filesystem::path& scratch, Workshop& empty);

}  // namespace bootstrap
