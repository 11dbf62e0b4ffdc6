#include "recipe/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/architecture.h"
#include "recipe/label.h"
#include "recipe/syntax.h"

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
  return child;
}

std::string read_version(const YamlNode& node) {
  const std::string& version = node.quoted_string();
  if (!is_recipe_version(version))
    node.fail("not a version", "one to three numbers with dots between them, as in \"1.4\"");
  return version;
}

ScriptMode read_scripts(const YamlNode& node) {
  constexpr auto kNames = std::to_array<std::string_view>({"run", "skip"});
  return node.one_of(kNames) == 0 ? ScriptMode::kRun : ScriptMode::kSkip;
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

void read_identity(const YamlNode& document, Recipe& recipe) {
  recipe.name = checked(document.at("name"), is_recipe_name, "not the name of a recipe",
                        "lower-case letters and digits, with single \".\", \"_\" or \"-\" between them");
  if (const YamlNode* version = document.find("version"))
    recipe.version = read_version(*version);
}

void read_sections(const YamlNode& document, const Recipe* parent, FileReferences& files, Recipe& recipe) {
  if (const YamlNode* node = document.find("architectures")) {
    recipe.architectures = read_architectures(*node);
    if (parent != nullptr)
      check_architectures(*node, recipe, *parent);
  }
  if (const YamlNode* node = document.find("repositories"))
    recipe.repositories = read_repositories(*node, files);
  if (const YamlNode* node = document.find("packages"))
    read_packages(*node, parent != nullptr, recipe.packages);
  if (const YamlNode* node = document.find("scripts"))
    recipe.scripts = read_scripts(*node);
  if (const YamlNode* node = document.find("debconf"))
    recipe.debconf = read_debconf(*node);
  if (const YamlNode* node = document.find("paths"))
    read_paths(*node, recipe.paths);
  if (const YamlNode* node = document.find("files"))
    recipe.files = read_files(*node, files);
  if (const YamlNode* node = document.find("users"))
    recipe.users = read_users(*node);
  if (const YamlNode* node = document.find("image"))
    read_image(*node, recipe.image);
  if (const YamlNode* node = document.find("layers"))
    read_layers(*node, recipe.layers);
  if (const YamlNode* node = document.find("tests"))
    recipe.tests = read_tests(*node, files);
  if (const YamlNode* node = document.find("limits"))
    read_limits(*node, recipe.limits);
  if (const YamlNode* node = document.find("budgets"))
    recipe.budgets = read_budgets(*node);
  if (const YamlNode* node = document.find("sandbox"))
    recipe.profile = files.resolve(node->map_of({"profile"}).at("profile"), FileReference::Kind::kFile);
  if (const YamlNode* node = document.find("update"))
    read_update(*node, recipe.update);
}

}  // namespace

const YamlNode* parent_of(const YamlNode& document) {
  return document.find("extends");
}

ParsedRecipe parse_recipe(YamlNode document, const std::filesystem::path& file, const Recipe* parent) {
  document.map_of({"name", "version", "extends", "architectures", "repositories", "packages", "scripts",
                   "debconf", "paths", "files", "users", "image", "layers", "tests", "limits", "budgets",
                   "sandbox", "update"});
  Recipe recipe = parent == nullptr ? Recipe{} : inherited_from(*parent);
  recipe.file = file;
  if (parent != nullptr)
    recipe.extends = parent->file;
  FileReferences files{file.parent_path(), {}};
  read_identity(document, recipe);
  read_sections(document, parent, files, recipe);
  if (recipe.repositories.empty())
    document.fail("\"repositories\" is missing", "a recipe that extends another may have its parent's");
  if (recipe.architectures.empty())
    recipe.architectures = {native_architecture()};
  return {std::move(recipe), std::move(document), std::move(files.found)};
}

}  // namespace bootstrap
