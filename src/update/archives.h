// What the archives offer tonight, asked for once whatever the number of recipes. An archive that cannot be
// reached, or must not be trusted, fails those recipes that choose from it, and no others.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lock/lockfile.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"
#include "repo/repo_index.h"
#include "resolve/catalogue.h"

namespace bootstrap {

class Archives {
 public:
  /// Asks for the releases of all suites that `recipes` name, one conditional request each. A release older
  /// than one that `locks` name is refused.
  Archives(const std::vector<Recipe>& recipes, const std::vector<Lockfile>& locks, Workshop& workshop);

  /// Which releases the recipe chooses from, as a text that changes when any of them does. Throws what came
  /// in the way of one: see load_releases().
  std::string releases_of(const Recipe& recipe) const;
  /// The packages that they list; loaded when first asked for.
  const Catalogue& catalogue_of(const Recipe& recipe);

 private:
  using Suite = std::pair<std::string, std::string>;  ///< archive and suite
  /// The release's digest, or why there is none.
  using Answer = std::variant<Digest, Error>;
  /// A suite as a recipe asks for it: with its time, mirrors and keys.
  struct Question;

  void ask(const std::vector<Question>& questions, const LoadOptions& options);
  std::string key_of(const Recipe& recipe, const Repository& repository, const std::string& suite) const;

  Workshop& workshop_;
  std::map<Suite, KnownRelease> known_;
  std::map<std::string, Answer> answers_;  ///< by key_of()
  struct Loaded {
    explicit Loaded(RepoIndex of) : index(std::move(of)), catalogue(index) {}
    RepoIndex index;
    Catalogue catalogue;
  };
  std::map<std::string, Loaded> loaded_;
};

}  // namespace bootstrap
