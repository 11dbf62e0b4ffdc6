// Recipes of a command line, each read on its own: one that cannot be read stops no other.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// A recipe that came to nothing.
struct RecipeFailure {
  std::string recipe_file;  ///< as it was named, or absolute
  Error error;
};

struct LoadedRecipes {
  std::vector<RecipeChain> chains;
  std::vector<RecipeFailure> failures;
};
LoadedRecipes load_recipes(const std::vector<std::filesystem::path>& files);

}  // namespace bootstrap
