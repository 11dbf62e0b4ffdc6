#include "update/archives.h"

#include <set>

#include "base/json.h"
#include "pipeline/locking.h"

namespace bootstrap {

namespace {

AskedSuite suite_of(const Repository& repository, const std::string& suite) {
  return {repository.archive, suite, repository.snapshot};
}

/// A recipe of nothing but the suites that the recipes have among them, each once.
Recipe all_suites(const std::vector<Recipe>& recipes) {
  Recipe all;
  all.file = recipes.front().file;
  std::set<AskedSuite> seen;
  for (const Recipe& recipe : recipes) {
    for (const Repository& repository : recipe.repositories) {
      for (const std::string& suite : repository.suites) {
        if (!seen.insert(suite_of(repository, suite)).second)
          continue;
        Repository one = repository;
        one.suites = {suite};
        all.repositories.push_back(std::move(one));
      }
    }
  }
  return all;
}

}  // namespace

Archives::Archives(const std::vector<Recipe>& recipes, const std::vector<Lockfile>& locks, Workshop& workshop)
    : workshop_(workshop) {
  for (const Lockfile& lock : locks) {
    for (const LockedRepository& repository : lock.repositories) {
      KnownRelease& known = known_[{repository.archive, repository.suite}];
      if (known.date < repository.date)
        known = {repository.archive, repository.suite, repository.date};
    }
  }
  LoadOptions options;
  options.architecture = build_architecture(recipes.front());
  for (const auto& [suite, known] : known_)
    options.known.push_back(known);
  workshop.reporter.stage("archives", "asking for news");
  const Recipe all = all_suites(recipes);
  const auto releases = load_releases(all, workshop.mirrors, workshop.fetcher, workshop.verifier, options);
  for (std::size_t i = 0; i < releases.size(); ++i)
    releases_[suite_of(all.repositories[i], releases[i].suite)] = releases[i].inrelease;
}

std::string Archives::releases_of(const Recipe& recipe) const {
  Json json = Json::array();
  for (const Repository& repository : recipe.repositories) {
    for (const std::string& suite : repository.suites)
      json.push_back({repository.archive, suite, releases_.at(suite_of(repository, suite)).hex()});
  }
  return compact_json(json);
}

const Catalogue& Archives::catalogue_of(const Recipe& recipe) {
  LoadOptions options;
  options.architecture = build_architecture(recipe);
  std::string key = options.architecture + compact_json(normalised_repositories(recipe));
  auto known = loaded_.find(key);
  if (known != loaded_.end())
    return known->second.catalogue;
  for (const auto& [suite, release] : known_)
    options.known.push_back(release);
  options.progress = [&](const FetchProgress& progress) { workshop_.reporter.download(progress); };
  workshop_.reporter.stage(recipe.name, "reading package indexes");
  return loaded_
      .emplace(std::move(key), load_repositories(recipe, workshop_.mirrors, workshop_.fetcher,
                                                 workshop_.verifier, workshop_.store, options))
      .first->second.catalogue;
}

}  // namespace bootstrap
