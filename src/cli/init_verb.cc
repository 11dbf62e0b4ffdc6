// `bootstrap init`: a folder to begin with. What it writes is embedded in the program, keys included, so that
// it needs nothing of where the program was installed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/architecture.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/starter_files.h"  // made of starter.yml, keys and docs/ci by cmake/embed.cmake
#include "recipe/schema.h"
#include "recipe/syntax.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSchemaFile = "recipes/recipe.schema.json";  // starter.yml names it
constexpr std::string_view kIgnored = "/images/\n/.store/\n";

struct InitOptions {
  std::string name;
  std::string suite = "trixie";
  std::string ci;
};

struct StarterFile {
  fs::path path;
  std::string text;
};

struct Keys {
  std::string_view suite;
  std::string_view archive;
  std::string_view security;
};
constexpr Keys kKeys[] = {{"bookworm", kBookwormKey, kBookwormSecurityKey},
                          {"trixie", kTrixieKey, kTrixieSecurityKey}};

std::string filled_in(std::string text, std::string_view placeholder, std::string_view value) {
  for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += value.size())
    text.replace(at, placeholder.size(), value);
  return text;
}

/// That of the folder, when nobody has said another.
std::string name_of_recipe(const std::string& given) {
  const std::string name = given.empty() ? fs::current_path().filename().string() : given;
  if (is_recipe_name(name))
    return name;
  throw Error(ErrorKind::kUsage,
              given.empty() ? fmt::format("the name of this folder, \"{}\", cannot be that of an image", name)
                            : fmt::format("\"{}\" cannot be the name of an image", name),
              "lower-case letters and digits, with single dots, dashes or underscores between them: "
              "bootstrap init web");
}

std::vector<StarterFile> starter_files(const InitOptions& options, const std::string& name) {
  std::string recipe(kStarterRecipe);
  recipe = filled_in(recipe, "@NAME@", name);
  recipe = filled_in(recipe, "@SUITE@", options.suite);
  recipe = filled_in(recipe, "@ARCHITECTURE@", native_architecture());
  std::vector<StarterFile> files{{fs::path("recipes") / (name + ".yml"), recipe}};
  files.push_back({kSchemaFile, canonical_json(recipe_schema())});
  const Keys& keys = *std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const Keys& candidate) { return candidate.suite == options.suite; });
  const std::string stem = "keys/debian-archive-" + options.suite;
  files.push_back({stem + ".asc", std::string(keys.archive)});
  files.push_back({stem + "-security.asc", std::string(keys.security)});
  files.push_back({".gitignore", std::string(kIgnored)});
  if (options.ci == "github")
    files.push_back({".github/workflows/update.yml", std::string(kGithubUpdate)});
  else if (options.ci == "gitlab")
    files.push_back({".gitlab-ci.yml", std::string(kGitlabUpdate)});
  return files;
}

/// What is left to write: a file that says the same already is not. Nothing is written when one says
/// something else, but for a .gitignore, which a repository has of its own, and the schema, which an editor
/// only reads: these are left to whoever they belong to, with a note.
std::vector<StarterFile> missing_files(std::vector<StarterFile> files, std::vector<std::string>& notes) {
  std::vector<std::string> taken;
  std::erase_if(files, [&](const StarterFile& file) {
    if (!fs::exists(fs::symlink_status(file.path)))
      return false;
    if (fs::is_regular_file(file.path) && read_file(file.path, 1 << 20) == file.text)
      return true;
    if (file.path == kSchemaFile) {
      notes.push_back(fmt::format("{0} is of another version: bootstrap schema >{0}", file.path.string()));
      return true;
    }
    if (file.path != ".gitignore") {
      taken.push_back(file.path.string());
      return true;
    }
    if (("\n" + read_file(file.path, 1 << 20)).find("\n/images/") == std::string::npos)
      notes.push_back("there is a .gitignore: add /images/ to it, which is where images are kept");
    return true;
  });
  if (!taken.empty())
    throw Error(ErrorKind::kUsage, fmt::format("{} would be overwritten", fmt::join(taken, ", ")),
                "nothing was written; choose another name, or another folder");
  return files;
}

int init(const InitOptions& options, const CommonOptions& common) {
  const std::string name = name_of_recipe(options.name);
  std::vector<std::string> notes;
  const std::vector<StarterFile> files = missing_files(starter_files(options, name), notes);
  Json written = Json::array();
  for (const StarterFile& file : files) {
    if (file.path.has_parent_path())
      make_directories(file.path.parent_path());
    write_file(file.path, file.text, Durability::kDurable);
    written.push_back(file.path.string());
  }
  const std::string next = fmt::format("bootstrap recipes/{}.yml", name);
  if (common.json) {
    fmt::print("{}",
               canonical_json({{"name", name}, {"written", written}, {"notes", notes}, {"run", {next}}}));
    return 0;
  }
  for (const StarterFile& file : files)
    fmt::print("wrote {}\n", file.path.string());
  for (const std::string& note : notes)
    fmt::print("note: {}\n", note);
  fmt::print("build it: {}\n", next);
  return 0;
}

}  // namespace

void add_init_command(CLI::App& app, const CommonOptions& common, ChosenVerb& chosen) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* verb = app.add_subcommand(
      "init", "Write a first recipe that works, with its keys and tests, into this folder");
  verb->add_option("name", options->name, "Name of the image (default: that of the folder)")
      ->type_name("NEW");
  verb->add_option("--suite", options->suite, "Release of Debian that it is made of")
      ->check(CLI::IsMember({"bookworm", "trixie"}))
      ->capture_default_str()
      ->type_name("bookworm|trixie");
  verb->add_option("--ci", options->ci, "Also write what updates it every night there")
      ->check(CLI::IsMember({"github", "gitlab"}))
      ->type_name("github|gitlab");
  verb->callback([&common, &chosen, options] {
    chosen = [&common, options](Printer&) { return init(*options, common); };
  });
}

}  // namespace bootstrap
