// Unpacked layers on disk, so that starting an image copies nothing: overlayfs lays them over each other.
//
// Only for root. The files belong to the spare ids, so an ordinary user could neither remove them nor look at
// them; for those an image is unpacked into memory, and leaves nothing behind.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "image/layout.h"
#include "sandbox/id_range.h"
#include "sandbox/worker.h"

namespace bootstrap {

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

/// The worker's part of it.
Json unpack_layers_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
