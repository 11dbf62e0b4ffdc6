// What a recipe is, for people and for their editors: `bootstrap show` and `bootstrap schema`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "cli/commands.h"
#include "recipe/schema.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

/// As short as it can be named from here.
std::string from_here(const std::string& file) {
  const fs::path near = fs::path(file).lexically_relative(fs::current_path());
  return near.empty() || *near.begin() == ".." ? file : near.string();
}

/// A YAML string, in quotes wherever some reader of YAML might take it for something else.
std::string yaml_string(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-";
  const bool plain = !text.empty() && text.find_first_not_of(kPlain) == std::string::npos && text[0] != '-' &&
                     text[0] != '.' && !needs_quotes(text);
  return plain ? text : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string yaml_value(const Json& value) {
  if (value.is_string())
    return yaml_string(value.get_ref<const std::string&>());
  if (!value.is_array())
    return value.dump();
  std::vector<std::string> items;
  for (const Json& item : value)
    items.push_back(yaml_value(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

/// Writes values as YAML, each with the place that it comes from as a comment.
class RecipeText {
 public:
  explicit RecipeText(const Origins& origins) : origins_(origins) {}

  /// `start` is what stands before the first key.
  void write(const Shown& map, const std::string& place, std::string start, const std::string& indent) {
    for (const auto& [key, value] : map.fields()) {
      const std::string at = place_below(place, key);
      const std::string head = start + yaml_string(key) + ":";
      start = indent;
      const bool has_maps = value.is_list() && !value.items().empty() && value.items().front().is_map();
      if (has_maps || (value.is_map() && !value.fields().empty()))
        write_below(value, at, head, indent);
      else
        write_line(head + " " + yaml_value(value.json()), at);
    }
  }
  const std::string& text() const { return text_; }

 private:
  void write_below(const Shown& value, const std::string& place, const std::string& head,
                   const std::string& indent) {
    text_ += head + "\n";
    if (value.is_map())
      return write(value, place, indent + "  ", indent + "  ");
    for (std::size_t i = 0; i < value.items().size(); ++i)
      write(value.items()[i], fmt::format("{}[{}]", place, i), indent + "  - ", indent + "    ");
  }

  void write_line(const std::string& line, const std::string& place) {
    const auto origin = origins_.find(place);
    const std::string where = origin == origins_.end()
                                  ? "default"
                                  : fmt::format("{}:{}", from_here(origin->second.file), origin->second.line);
    text_ += fmt::format("{:<56}  # {}\n", line, where);
  }

  const Origins& origins_;
  std::string text_;
};

int show(const fs::path& file, const CommonOptions& common) {
  const RecipeChain chain = load_recipe(file);
  const Recipe& recipe = chain.back();
  const Shown shown = shown_recipe(recipe);
  if (common.json) {
    Json document = {{"recipe", shown.json()}, {"origins", Json::object()}, {"files", Json::array()}};
    for (const auto& [place, origin] : recipe.origins)
      document["origins"][place] = {{"file", origin.file}, {"line", origin.line}};
    for (const Recipe& link : chain)
      document["files"].push_back(link.file.string());
    fmt::print("{}", canonical_json(document));
    return 0;
  }
  RecipeText text(recipe.origins);
  text.write(shown, "", "", "");
  fmt::print("{}", text.text());
  return 0;
}

}  // namespace

void add_recipe_commands(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto file = std::make_shared<fs::path>();
  CLI::App* show_verb = app.add_subcommand(
      "show", "Show a recipe with what it has from its parents and by default, and where each value stands");
  show_verb->add_option("recipe", *file, "Recipe")->required()->type_name("RECIPE");
  show_verb->callback(
      [&common, &chosen, file] { chosen = [&common, file](Printer&) { return show(*file, common); }; });
  CLI::App* schema_verb = app.add_subcommand(
      "schema", "Print the JSON schema of recipes, by which editors complete and check them");
  schema_verb->callback([&chosen] {
    chosen = [](Printer&) {
      fmt::print("{}", canonical_json(recipe_schema()));
      return 0;
    };
  });
}

}  // namespace bootstrap
