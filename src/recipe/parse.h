// From a recipe's text to a Recipe, without a look at any file: the part of load_recipe() that is a pure
// function, and so the one to fuzz.
#pragma once

#include <filesystem>
#include <optional>

#include "recipe/reading.h"
#include "recipe/recipe.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

struct ParsedRecipe {
  Recipe recipe;
  YamlNode document;                    ///< to point at
  std::vector<FileReference> mentions;  ///< the files it names; nobody has looked yet whether they are there
};

/// The `extends` of a document, if it has one.
const YamlNode* parent_of(const YamlNode& document);

/// `file` is the recipe's absolute path, against which those in the text are resolved; `parent` is the recipe
/// that it extends, null if it extends none. Throws kUsage.
ParsedRecipe parse_recipe(YamlNode document, const std::filesystem::path& file, const Recipe* parent);

}  // namespace bootstrap
