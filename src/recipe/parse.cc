#include "recipe/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/architecture.h"
#include "recipe/label.h"
#include "recipe/reading.h"
#include "recipe/sections.h"

namespace bootstrap {
namespace {

/// The labels of the ancestors that describe their own image only.
void leave_to_ancestors(ImageOptions& image) {
  std::erase_if(image.labels, [&](const auto& label) {
    const bool leave = is_of_one_image(label.first);
    if (leave)
      image.labels_of_ancestors.insert_or_assign(label.first, label.second);
    return leave;
  });
}

// What a child starts from: its parent but for what is the parent's own.
Recipe inherited_from(const Recipe& parent) {
  Recipe child;
  child.architectures = parent.architectures;
  child.repositories = parent.repositories;
  child.packages.variant = Variant::kCustom;
  child.packages.recommends = parent.packages.recommends;
  child.packages.pins = parent.packages.pins;
  child.scripts = parent.scripts;
  child.paths = parent.paths;
  child.image = parent.image;
  leave_to_ancestors(child.image);
  child.layers = parent.layers;
  child.limits = parent.limits;
  child.update = parent.update;
  for (const auto& [place, origin] : parent.origins) {
    constexpr std::string_view kInherited[] = {"architectures", "repositories", "packages.recommends",
                                               "packages.pins", "scripts",      "paths",
                                               "image",         "layers",       "limits",
                                               "update"};
    if (std::any_of(std::begin(kInherited), std::end(kInherited),
                    [&, &at = place](std::string_view ancestor) { return is_below(at, ancestor); }))
      child.origins.emplace(place, origin);
  }
  return child;
}

// A child is built upon its parent's image, so there must be one.
void check_architectures(const YamlNode& node, const Recipe& recipe, const Recipe& parent) {
  for (std::size_t i = 0; i < recipe.architectures.size(); ++i)
    if (std::find(parent.architectures.begin(), parent.architectures.end(), recipe.architectures[i]) ==
        parent.architectures.end())
      node.sequence()[i].fail(
          fmt::format("the parent recipe \"{}\" has no {}", parent.name, recipe.architectures[i]),
          fmt::format("it has {}", fmt::join(parent.architectures, ", ")));
}

void check_against_parent(const YamlNode& document, const Recipe& recipe, const Recipe& parent) {
  if (const YamlNode* node = document.find("architectures"))
    check_architectures(*node, recipe, parent);
  if (const YamlNode* packages = document.find("packages");
      packages != nullptr && packages->find("variant") != nullptr)
    packages->key("variant").fail("a recipe that extends another has no variant",
                                  "the set of packages it stands on is its parent's");
}

}  // namespace

const YamlNode* parent_of(const YamlNode& document) {
  return document.find("extends");
}

ParsedRecipe parse_recipe(YamlNode document, const std::filesystem::path& file, const Recipe* parent) {
  Recipe recipe = parent == nullptr ? Recipe{} : inherited_from(*parent);
  recipe.file = file;
  if (parent != nullptr)
    recipe.extends = parent->file;
  Reading reading(file.parent_path(), recipe.origins);
  recipe_fields().read(document, reading, recipe);
  if (parent != nullptr)
    check_against_parent(document, recipe, *parent);
  if (recipe.repositories.empty())
    document.fail("\"repositories\" is missing", "a recipe that extends another may have its parent's");
  if (recipe.architectures.empty())
    recipe.architectures = {native_architecture()};
  return {std::move(recipe), std::move(document), reading.take_files()};
}

}  // namespace bootstrap
