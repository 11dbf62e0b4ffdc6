// What bootstrap keeps about an image version beside its blobs: the recipe as built, the lock of every recipe
// of its chain, and the tests it passed. With it `test`, `why` and later `verify` need no recipe file.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "lock/lockfile.h"
#include "recipe/recipe.h"

namespace bootstrap {

struct VersionRecord {
  std::vector<Lockfile> locks;         ///< root ancestor first, the image's own last
  std::vector<std::string> requested;  ///< packages.include of all recipes of the chain
  std::vector<SmokeTest> tests;
  Limits limits;
};

/// Beside the layout: images/NAME/records/<manifest digest>.json. Durable before it returns.
void write_record(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record);
/// Throws kFailure when there is none or it is damaged.
VersionRecord read_record(const ImageLayout& layout, const Digest& manifest);

}  // namespace bootstrap
