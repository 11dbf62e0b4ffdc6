#include "pipeline/loading.h"

namespace bootstrap {

LoadedRecipes load_recipes(const std::vector<std::filesystem::path>& files) {
  LoadedRecipes loaded;
  for (const std::filesystem::path& file : files) {
    try {
      loaded.chains.push_back(load_recipe(file));
    } catch (const Error& error) {
      loaded.failures.push_back({file.string(), error});
    }
  }
  return loaded;
}

}  // namespace bootstrap
