// OCI layers. A package layer is one generated fragment with all its directories followed by the cached
// fragments of its segments, so nothing that did not change is ever compressed again. One entry per path per
// layer: podman and docker refuse duplicates, directories too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/digest.h"
#include "base/json.h"
#include "package/segment.h"
#include "store/store.h"

namespace bootstrap {

/// A finished layer: a blob in the store's blob area.
struct Layer {
  Compression compression = Compression::kGzip;
  Digest digest;           ///< of the compressed blob
  std::uint64_t size = 0;  ///< of the compressed blob
  Digest diff_id;          ///< of the uncompressed tar
  std::uint64_t diff_size = 0;
  std::string encoder;     ///< what compressed it: "zstd-1.5.4"; empty: not known
  std::string created_by;  ///< history text: "packages: libc6 2.36-9+deb12u14, ..." / "state" / "files"
};

/// The layer of these segments (already without what is masked), in this order. Made once; known by the store
/// afterwards. Throws kFailure naming the packages when two of them have the same path.
Layer make_package_layer(const Store& store, const SegmentStore& segments,
                         const std::vector<std::shared_ptr<const Segment>>& packages,
                         Compression compression);

/// The layer of an uncompressed tar file.
Layer make_tar_layer(const Store& store, const std::filesystem::path& tar, Compression compression,
                     std::string created_by);

/// For the store and for jobs of the worker; layer_from_json() throws kFailure for anything else.
Json to_json(const Layer& layer);
Layer layer_from_json(const Json& json);

}  // namespace bootstrap
