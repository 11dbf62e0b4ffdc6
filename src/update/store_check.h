// Looks at everything that lies in the store and in the images, and names what is not what it was when it was
// written. A run does the same with each object it uses; this finds damage before anybody needs the object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

namespace bootstrap {

struct DamagedObject {
  std::filesystem::path file;
  std::string remedy;  ///< what brings it back, once it is removed
};

struct StoreCheck {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<DamagedObject> damaged;  ///< in the order of their paths
};

/// Reads all of it, on all cores; changes nothing.
StoreCheck check_store(const Store& store, const std::filesystem::path& images);

}  // namespace bootstrap
