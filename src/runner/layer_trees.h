// Unpacked layers on disk, so that starting an image copies nothing: overlayfs lays them over each other.
//
// Only for root. The files belong to the spare ids, so an ordinary user could neither remove them nor look at
// them; for those an image is unpacked into memory, and leaves nothing behind.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/fd.h"
#include "image/layout.h"
#include "sandbox/id_range.h"
#include "sandbox/worker.h"
#include "store/garbage.h"

namespace bootstrap {

/// The folder of a store that they are in.
inline constexpr const char* kLayerTrees = "trees";

class LayerTrees {
 public:
  /// `directory` is made when it is needed.
  LayerTrees(std::filesystem::path directory, const IdRange& ids);

  /// The trees of the layers, lowest first; what is missing is unpacked.
  /// nullopt where they cannot be had: the image is then to be unpacked as a whole.
  std::optional<std::vector<std::filesystem::path>> get(const ImageLayout& layout,
                                                        const std::vector<Layer>& layers,
                                                        const std::filesystem::path& worker_program);

 private:
  void unpack(const ImageLayout& layout, const std::vector<Layer>& layers,
              const std::filesystem::path& worker_program);

  std::filesystem::path directory_;
  IdRange ids_;
};

/// Held by who runs images: nothing of `directory` is collected meanwhile. Empty where it cannot be made, and
/// so nothing can be in it.
UniqueFd use_layer_trees(const std::filesystem::path& directory);

/// Adds the trees of layers that are not among `kept` (diff IDs), and what runs that were killed have left,
/// unless an image is being run. Others wait with what they want to run as long as what is returned lives.
UniqueFd collect_layer_trees(const std::filesystem::path& directory, const std::set<Digest>& kept,
                             Garbage& garbage);

/// The worker's part of it.
Json unpack_layers_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
