// A folder with a recipe in it, for tests of what is read from one.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// The error that a call ends in; nullopt if it does not.
template <typename Call>
std::optional<Error> error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

class RecipeFolder {
 public:
  RecipeFolder() {
    write("key.asc", "a key\n");
    write("site/index.html", "hello\n");
  }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(path(name).parent_path());
    write_file(path(name), text, Durability::kCache);
  }

  RecipeChain load(std::string_view text) const {
    write("web.yml", text);
    try {
      RecipeChain chain = load_recipe(path("web.yml"));
      keep(text, "");
      return chain;
    } catch (const Error& error) {
      keep(text, error.message());
      throw;
    }
  }

  /// What is wrong with a recipe: the message from the line number on, without the folder's name.
  Error refusal(std::string_view text) const {
    const auto error = error_of([&] { load(text); });
    if (!error)
      return Error(ErrorKind::kFailure, "the recipe was accepted");
    std::string message = error->message();
    const std::string start = path("").string();
    if (message.starts_with(start))
      message.erase(0, start.size());
    return Error(error->kind(), message, error->hint());
  }

 private:
  /// For tests/integration/test_schema.py, which compares the reader with the schema that it prints.
  static void keep(std::string_view text, const std::string& refusal) {
    if (const char* file = std::getenv("BOOTSTRAP_TEST_RECIPES"))
      std::ofstream(file, std::ios::app)
          << Json({{"text", text}, {"refusal", refusal}}).dump(-1, ' ', true, Json::error_handler_t::replace)
          << '\n';
  }

  TemporaryDirectory folder_;
};

/// All that a recipe must have.
inline const std::string kMinimal =
    "name: web\n"
    "architectures: [amd64]\n"
    "repositories:\n"
    "  - {archive: debian, suites: [bookworm], signed-by: [key.asc]}\n";

}  // namespace bootstrap
