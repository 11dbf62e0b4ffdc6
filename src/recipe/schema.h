// The recipe for other programs: what it may hold, and what one holds.
#pragma once

#include "base/json.h"
#include "recipe/recipe.h"
#include "recipe/value.h"

namespace bootstrap {

/// What a recipe may hold, as a JSON Schema (draft 7): made of the tables that the reader itself uses.
Json recipe_schema();

/// A recipe as it would be written out whole, with what it has from its ancestors and with all defaults.
/// Paths are absolute. `recipe.origins` says where the values stand, by their place in this.
Shown shown_recipe(const Recipe& recipe);

}  // namespace bootstrap
