// The inputs of a lock as a mirror of its own, so that a rebuild never depends on one that has moved on:
// releases with their signatures, the indexes that they list, and the packages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "pipeline/locking.h"
#include "pipeline/workshop.h"

namespace bootstrap {

struct Vendored {
  std::string archive;
  std::filesystem::path directory;  ///< what `--mirror ARCHIVE=file://DIRECTORY` names
  std::size_t packages = 0;
  std::uint64_t bytes = 0;  ///< of its packages
};

/// Copies what the locks of a chain name into DIR/ARCHIVE, as the archive itself has it. What is there
/// already stays, so several recipes may share a directory. Checks the whole way that a later reader will go,
/// from signature over index to package. Throws kUntrusted where it breaks, and kFailure when a release of
/// the lock is not to be had any more.
std::vector<Vendored> vendor(const std::vector<LockedRecipe>& chain, const std::filesystem::path& directory,
                             Workshop& workshop);

}  // namespace bootstrap
