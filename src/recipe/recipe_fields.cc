// A recipe as a whole: the keys at the top.
#include <algorithm>
#include <array>

#include "base/architecture.h"
#include "recipe/schema.h"
#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

constexpr auto kScriptModes = std::to_array({ScriptMode::kRun, ScriptMode::kSkip});

std::string_view name_of(ScriptMode mode) {
  return mode == ScriptMode::kRun ? "run" : "skip";
}

/// Debian's names.
Value<std::vector<std::string>> architectures() {
  auto read = [](const YamlNode& node, Reading&) {
    return std::string(known_architectures()[node.one_of(known_architectures())]);
  };
  const Value<std::string> name{read, any_text().show, {{"enum", known_architectures()}}};
  return not_empty(set_of(name), "an image needs an architecture",
                   "leave the key out for that of the machine at hand");
}

/// load_recipe() follows it before anything else of the recipe is read.
Fields<Recipe>::Field extends_field() {
  return {"extends", "The recipe to build upon, relative to this one's folder", text().schema,
          [](const YamlNode&, Reading&, Recipe&) {},
          [](const Recipe& recipe) { return recipe.extends ? Shown(recipe.extends->string()) : Shown(); }};
}

struct SandboxSection {
  std::filesystem::path profile;
};

Fields<Recipe>::Field sandbox_field() {
  static const Fields<SandboxSection> kFields =
      Fields<SandboxSection>().required("profile", &SandboxSection::profile, file(FileReference::Kind::kFile),
                                        "A learned profile, which the tests must keep to");
  return {"sandbox", "What the tests must keep to", kFields.schema(),
          [](const YamlNode& node, Reading& reading, Recipe& recipe) {
            SandboxSection section;
            kFields.read(node, reading, section);
            recipe.profile = section.profile;
          },
          [](const Recipe& recipe) { return recipe.profile ? kFields.show({*recipe.profile}) : Shown(); }};
}

}  // namespace

const Fields<Recipe>& recipe_fields() {
  static const Fields<Recipe> kFields =
      Fields<Recipe>()
          .required("name", &Recipe::name, word(kRecipeName), "Names the image, its folder and its lock")
          .add("version", &Recipe::version, quoted_word(kRecipeVersion),
               "In quotes: with \"1.4\" the builds are 1.4.0, 1.4.1, ...; without it versions are dates")
          .add(extends_field())
          .add("architectures", &Recipe::architectures, architectures(),
               "Debian's names; default: that of this machine")
          .add("repositories", &Recipe::repositories, repositories(),
               "Where packages come from; default: the parent's")
          .section("packages", &Recipe::packages, package_fields(), "Which packages the image is made of")
          .add("scripts", &Recipe::scripts, choice(kScriptModes, &name_of),
               "Whether the packages' maintainer scripts are run when the image is built")
          .add("debconf", &Recipe::debconf, set_of(word(kDebconfSelection)),
               "Lines for debconf-set-selections")
          .section("paths", &Recipe::paths, path_fields(), "What of the packages is left out")
          .section("state", &Recipe::state, state_fields(), "What becomes of what scripts leave")
          .add("files", &Recipe::files, list_of(own_file_fields().value()), "Own files, in the last layer")
          .add("users", &Recipe::users, users(), "Accounts that are made, each with a group")
          .section("image", &Recipe::image, image_fields(), "How the image starts")
          .section("layers", &Recipe::layers, layer_fields(), "How it is packed")
          .add("tests", &Recipe::tests, smoke_tests(), "Probes of the finished image, all of which must pass")
          .section("limits", &Recipe::limits, limit_fields(), "What scripts and tests may use")
          .section("budgets", &Recipe::budgets, budget_fields(), "What the image may grow to")
          .add(sandbox_field())
          .section("update", &Recipe::update, update_fields(), "What `bootstrap update` may do by itself");
  return kFields;
}

Json recipe_schema() {
  Json schema = recipe_fields().schema();
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "A recipe of bootstrap";
  return schema;
}

Shown shown_recipe(const Recipe& recipe) {
  Shown shown = recipe_fields().show(recipe);
  if (recipe.extends)
    shown.at("packages").remove("variant");  // it stands on its parent's packages
  return shown;
}

}  // namespace bootstrap
