#include "update/archives.h"

#include "base/json.h"
#include "pipeline/locking.h"

namespace bootstrap {

struct Archives::Question {
  std::string key;
  std::filesystem::path recipe;  ///< who asks: mirrors may be told beside it
  Repository repository;         ///< with one suite
};

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
  for (const auto& [suite, known] : known_)
    options.known.push_back(known);
  workshop.reporter.stage("archives", "asking for news");
  std::map<std::filesystem::path, std::vector<Question>> by_folder;
  for (const Recipe& recipe : recipes) {
    for (const Repository& repository : recipe.repositories) {
      for (const std::string& suite : repository.suites) {
        std::string key = key_of(recipe, repository, suite);
        const bool is_new = answers_.emplace(key, Error(ErrorKind::kFailure, "not asked yet")).second;
        if (!is_new)
          continue;
        Repository one = repository;
        one.suites = {suite};
        by_folder[recipe.file.parent_path()].push_back({std::move(key), recipe.file, std::move(one)});
      }
    }
  }
  for (const auto& [folder, questions] : by_folder)
    ask(questions, options);
}

/// All at once; when that fails, each alone, to see whose fault it is.
void Archives::ask(const std::vector<Question>& questions, const LoadOptions& options) {
  Recipe asking;
  asking.file = questions.front().recipe;
  for (const Question& question : questions)
    asking.repositories.push_back(question.repository);
  try {
    const auto releases =
        load_releases(asking, workshop_.mirrors, workshop_.fetcher, workshop_.verifier, options);
    for (std::size_t i = 0; i < questions.size(); ++i)
      answers_.at(questions[i].key) = releases[i].inrelease;
  } catch (const Error& error) {
    if (questions.size() == 1) {
      answers_.at(questions.front().key) = error;
      return;
    }
    for (const Question& question : questions)
      ask({question}, options);
  }
}

/// Content is the same from every mirror, but whether it comes, and whether it is trusted, is each recipe's
/// own matter.
std::string Archives::key_of(const Recipe& recipe, const Repository& repository,
                             const std::string& suite) const {
  Json mirrors;
  try {
    mirrors = workshop_.mirrors.urls_for(repository, recipe.file.parent_path());
  } catch (const Error&) {
    mirrors = recipe.file.parent_path().string();  // said when it is asked for
  }
  Json keys = Json::array();
  for (const std::filesystem::path& key : repository.signed_by)
    keys.push_back(key.string());
  return compact_json({repository.archive, suite,
                       repository.snapshot ? Json(repository.snapshot->time_since_epoch().count()) : Json(),
                       mirrors, keys});
}

std::string Archives::releases_of(const Recipe& recipe) const {
  Json json = Json::array();
  for (const Repository& repository : recipe.repositories) {
    for (const std::string& suite : repository.suites) {
      const Answer& answer = answers_.at(key_of(recipe, repository, suite));
      if (const auto* error = std::get_if<Error>(&answer))
        throw Error(*error);
      json.push_back({repository.archive, suite, std::get<Digest>(answer).hex()});
    }
  }
  return compact_json(json);
}

const Catalogue& Archives::catalogue_of(const Recipe& recipe) {
  releases_of(recipe);  // what is known to fail is not waited for again
  LoadOptions options;
  options.architecture = build_architecture(recipe);
  Json mirrors = Json::array();
  for (const Repository& repository : recipe.repositories)
    mirrors.push_back(workshop_.mirrors.urls_for(repository, recipe.file.parent_path()));
  std::string key = compact_json({options.architecture, normalised_repositories(recipe), std::move(mirrors)});
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
