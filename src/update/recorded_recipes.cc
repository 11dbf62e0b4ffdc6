#include "update/recorded_recipes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/image_format.h"

namespace bootstrap {

std::string format_sentence(int format) {
  return format == kImageFormat ? "" : fmt::format("made by format {}; this is {}", format, kImageFormat);
}

std::vector<LockedRecipe> recorded_recipes(const VersionRecord& record, const ImageLayout& layout,
                                           const std::filesystem::path& scratch) {
  if (record.sources.empty())
    throw Error(ErrorKind::kFailure, layout.name() + ": the record of this version has no recipe",
                "it was made by an earlier bootstrap; build it again");
  RecipeChain chain = load_recipe(restore_sources(record.sources, layout, scratch));
  if (chain.size() != record.locks.size())
    throw Error(ErrorKind::kFailure, layout.name() + ": the record has not one lock for each recipe");
  std::vector<LockedRecipe> locked;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (recipe_digest(chain[i]) != record.locks[i].recipe) {
      const std::string format = format_sentence(record.making.format);
      throw Error(ErrorKind::kFailure,
                  layout.name() + ": the lock of the record was made for another " +
                      chain[i].file.filename().string(),
                  format.empty() ? "another version of bootstrap may read recipes in another way"
                                 : "it was " + format);
    }
    locked.push_back({chain[i], record.locks[i], false, {}});
  }
  return locked;
}

}  // namespace bootstrap
