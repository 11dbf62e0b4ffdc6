// What the archives offer tonight, asked for once whatever the number of recipes.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lock/lockfile.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"
#include "repo/repo_index.h"
#include "resolve/catalogue.h"

namespace bootstrap {

/// Archive and suite, as they are now or were at a time.
using AskedSuite = std::tuple<std::string, std::string, std::optional<std::chrono::sys_seconds>>;

class Archives {
 public:
  /// Asks for the releases of all suites that `recipes` name, one conditional request each. A release older
  /// than one that `locks` name is refused. Throws what load_releases() throws.
  Archives(const std::vector<Recipe>& recipes, const std::vector<Lockfile>& locks, Workshop& workshop);

  /// Which releases the recipe chooses from, as a text that changes when any of them does.
  std::string releases_of(const Recipe& recipe) const;
  /// The packages that they list; loaded when first asked for.
  const Catalogue& catalogue_of(const Recipe& recipe);

 private:
  using Suite = std::pair<std::string, std::string>;  ///< archive and suite

  Workshop& workshop_;
  std::map<Suite, KnownRelease> known_;
  std::map<AskedSuite, Digest> releases_;
  struct Loaded {
    explicit Loaded(RepoIndex of) : index(std::move(of)), catalogue(index) {}
    RepoIndex index;
    Catalogue catalogue;
  };
  std::map<std::string, Loaded> loaded_;
};

}  // namespace bootstrap
