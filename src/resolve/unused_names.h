// Names in a recipe that nothing bears: most likely typing errors, which would otherwise only be noticed when
// a package that was meant to be held moves.
#pragma once

#include <string>
#include <vector>

#include "lock/lockfile.h"
#include "recipe/recipe.h"
#include "resolve/catalogue.h"

namespace bootstrap {

/// What `packages: exclude`, `packages: pins` and `update: hold` name and neither the repositories nor
/// `locked` have, one sentence each. (Of what `include` names, the resolver says it.)
std::vector<std::string> unused_names(const Recipe& recipe, const Catalogue& catalogue,
                                      const std::vector<LockedPackage>& locked);

}  // namespace bootstrap
