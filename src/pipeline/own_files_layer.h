// The `files:` of a recipe as its last layer, with owners looked up in the accounts of the image that it lies
// on.
#pragma once

#include <vector>

#include "image/layer.h"
#include "recipe/recipe.h"
#include "rootfs/assemble.h"
#include "store/store.h"

namespace bootstrap {

/// `below` are the recipes whose layers lie beneath, root ancestor first.
Layer make_own_files_layer(const Recipe& recipe, const std::vector<AssembledRecipe>& below,
                           const Store& store);

}  // namespace bootstrap
