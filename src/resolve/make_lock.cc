#include "resolve/resolve.h"

namespace bootstrap {

Lockfile make_lock(const Recipe& recipe, const std::string& architecture, const RepoIndex& index,
                   const Solution& solution, const std::optional<LockedParent>& parent) {
  Lockfile lock;
  lock.name = recipe.name;
  lock.architecture = architecture;
  lock.recipe = recipe_digest(recipe);
  lock.parent = parent;
  for (const Release& release : index.releases)
    lock.repositories.push_back({release.archive, release.suite, release.components, release.security,
                                 release.inrelease, release.date, release.signed_by});
  for (const ChosenPackage& chosen : solution.packages) {
    const PackageRecord& record = *chosen.record;
    const Release& release = index.releases[record.release];
    LockedPackage& package = lock.packages.emplace_back();
    package.name = record.name;
    package.version = record.version;
    package.architecture = record.architecture;
    package.archive = release.archive;
    package.suite = release.suite;
    package.path = record.filename;
    package.size = record.size;
    package.sha256 = record.sha256;
    package.source = record.source;
    package.source_version = record.source_version;
    package.security = release.security;
    package.stage = chosen.stage;
  }
  return lock;
}

}  // namespace bootstrap
