// A recipe file with its ancestors, and the checks that need the disk or the whole chain.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "recipe/parse.h"
#include "recipe/recipe.h"
#include "recipe/structure_tests.h"

namespace bootstrap {
namespace {

namespace fs = std::filesystem;

// Far more than anybody stacks, far less than a container engine's limit on layers.
constexpr std::size_t kMaxAncestors = 16;
constexpr std::uint64_t kMaxFileSize = 1 << 20;

YamlNode read_document(const fs::path& file) {
  std::string text;
  try {
    std::error_code ignored;  // then it cannot be read either
    if (fs::is_directory(file, ignored))
      throw Error(ErrorKind::kUsage, fmt::format("{} is a folder, not a recipe", file.string()));
    text = read_file(file, kMaxFileSize);
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, error.message(), "a recipe is a YAML file, as in recipes/web.yml");
  }
  return YamlNode::parse(text, file.string());
}

void check_file(const FileReference& mention) {
  const YamlNode& place = mention.place;
  std::error_code error;
  const fs::file_status status = fs::status(mention.path, error);
  if (!fs::exists(status))
    place.fail(
        fmt::format("no such file: {}", place.string()),
        fmt::format("paths are relative to the recipe's folder; looked for {}", mention.path.string()));
  if (mention.kind == FileReference::Kind::kContent && fs::is_directory(status))
    return;
  if (!fs::is_regular_file(status))
    place.fail(fmt::format("not a regular file: {}", place.string()));
  try {
    open_file(mention.path, O_RDONLY);
  } catch (const Error& problem) {
    place.fail(fmt::format("cannot be read: {}", problem.message()));
  }
}

// The parent's accounts are in the parent's layers: the same name or number again would be a second person.
void check_against_ancestors(const ParsedRecipe& parsed, const RecipeChain& ancestors) {
  for (const Recipe& ancestor : ancestors) {
    if (ancestor.name == parsed.recipe.name)
      parsed.document.at("name").fail(fmt::format("the recipe it extends, {}, is called \"{}\" too",
                                                  ancestor.file.string(), ancestor.name));
    for (const UserAccount& theirs : ancestor.users)
      for (std::size_t i = 0; i < parsed.recipe.users.size(); ++i) {
        const UserAccount& own = parsed.recipe.users[i];
        if (own.name == theirs.name || own.uid == theirs.uid)
          parsed.document.at("users").sequence()[i].fail(fmt::format(
              "recipe \"{}\" already has the user {} with uid {}", ancestor.name, theirs.name, theirs.uid));
      }
  }
}

/// Tests of a foreign file. It may use a name twice, or one of the recipe's: its names get a number then.
void add_structure_tests(const fs::path& file, std::vector<SmokeTest>& tests) {
  for (SmokeTest& test : read_structure_tests(read_document(file))) {
    auto taken = [&](const std::string& name) {
      return std::any_of(tests.begin(), tests.end(),
                         [&](const SmokeTest& other) { return other.name == name; });
    };
    std::string name = test.name;
    for (int number = 2; taken(name); ++number)
      name = fmt::format("{} ({})", test.name, number);
    test.name = std::move(name);
    test.file = file;
    tests.push_back(std::move(test));
  }
}

RecipeChain load_chain(const fs::path& file, std::vector<fs::path>& open) {
  YamlNode document = read_document(file);
  open.push_back(fs::weakly_canonical(file));
  RecipeChain chain;
  if (const YamlNode* extends = parent_of(document)) {
    const fs::path parent = (file.parent_path() / extends->string()).lexically_normal();
    if (std::find(open.begin(), open.end(), fs::weakly_canonical(parent)) != open.end())
      extends->fail(fmt::format("a loop: {} extends this recipe, directly or by others", parent.string()));
    if (!fs::is_regular_file(parent))
      extends->fail(fmt::format("no such recipe: {}", parent.string()),
                    "paths are relative to the recipe's folder");
    if (open.size() > kMaxAncestors)
      extends->fail(fmt::format("more than {} recipes that extend each other", kMaxAncestors));
    chain = load_chain(parent, open);
  }
  ParsedRecipe parsed = parse_recipe(std::move(document), fs::absolute(file).lexically_normal(),
                                     chain.empty() ? nullptr : &chain.back());
  for (const FileReference& mention : parsed.mentions) {
    check_file(mention);
    if (mention.kind == FileReference::Kind::kStructureTests) {
      add_structure_tests(mention.path, parsed.recipe.tests);
      parsed.recipe.test_files.push_back(mention.path);
    }
  }
  check_against_ancestors(parsed, chain);
  chain.push_back(std::move(parsed.recipe));
  return chain;
}

}  // namespace

RecipeChain load_recipe(const fs::path& file) {
  std::vector<fs::path> open;
  return load_chain(file, open);
}

}  // namespace bootstrap
