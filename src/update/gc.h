// Garbage: versions that a policy drops, then the blobs no version refers to, then what of the store no image
// needs.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/garbage.h"
#include "store/store.h"

namespace bootstrap {

/// Without `keep` and `keep_within` no version is dropped. A version goes when both that are given let it go:
/// it is not among the newest `keep`, and it is older than `keep_within`. The latest never goes.
struct GcPolicy {
  std::optional<unsigned> keep;
  std::optional<std::chrono::hours> keep_within;
  std::chrono::hours unused{30 * 24};  ///< caches that nothing names: how long without use until they go
  std::vector<std::filesystem::path> forget;  ///< folders of images that count as in use no more
  bool dry_run = false;
};

struct DroppedVersion {
  std::string name;
  std::string version;
  std::string date;
};

/// Another folder that the store serves: what its images need stays.
struct OtherFolder {
  std::filesystem::path folder;
  std::size_t images = 0;
  bool missing = false;  ///< it is not there now
};

struct GcResult {
  std::vector<DroppedVersion> versions;
  std::vector<OtherFolder> others;
  Garbage garbage;
};

/// Every image below `images`, and of the store what no image needs, of this folder or of another that the
/// store serves. An image of another folder that is not there counts for kMissingCounts after its last build.
/// Throws kFailure when other processes have the store open.
GcResult collect_garbage(const std::filesystem::path& images, const Store& store, const GcPolicy& policy);

inline constexpr std::chrono::hours kMissingCounts{30 * 24};

/// The names of the images below a folder, sorted.
std::vector<std::string> image_names(const std::filesystem::path& images);

}  // namespace bootstrap
