// The `files:` of a recipe as its last layer, with owners looked up in the accounts of the image that it lies
// on.
#pragma once

#include <vector>

#include "base/digest.h"
#include "image/layer.h"
#include "recipe/recipe.h"
#include "rootfs/assemble.h"
#include "store/store.h"

namespace bootstrap {

/// `layers` are the recipes whose layers lie beneath, root ancestor first; `locked` is what the lock says of
/// the recipe (Lockfile::recipe). Throws kFailure, before anything is kept, when the files are not those that
/// were locked.
Layer make_own_files_layer(const Recipe& recipe, const Digest& locked,
                           const std::vector<AssembledRecipe>& layers, const Store& store);

}  // namespace bootstrap
