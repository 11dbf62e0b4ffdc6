// What a package's move from one version to another fixes: told by the Debian changelog inside the new .deb.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "lock/lockfile.h"
#include "pipeline/workshop.h"
#include "recipe/recipe.h"
#include "update/changelog.h"

namespace bootstrap {

/// A package that comes, goes or changes its version between two locks.
struct Move {
  std::optional<LockedPackage> from;  ///< none: added
  std::optional<LockedPackage> to;    ///< none: removed
  std::string released;               ///< Date of the release that lists it, RFC 3339

  /// The changelog's entries between the two versions, newest first; of packages with equal source and
  /// versions they are the same.
  std::vector<ChangelogEntry> changes;
  std::vector<std::string> cves;
  std::vector<std::string> advisories;
  bool changelog_complete = false;  ///< it reaches back to the old version

  const std::string& name() const { return to ? to->name : from->name; }
  /// Whether it is a security update: from a security suite, or the changelog names vulnerabilities.
  bool is_security() const { return (to && to->security) || !cves.empty(); }
  /// When the oldest of the changes was made; empty when that is not known.
  std::string published() const;
};
Json to_json(const Move& move);

/// What differs between two sets of locked packages, sorted by name, without `changes`.
std::vector<Move> compare_packages(const std::vector<Lockfile>& before, const std::vector<Lockfile>& after);

/// Fills in what the changelogs say. Fetches new .debs that the store lacks; a changelog that cannot be had
/// leaves its moves as they are.
void find_fixes(std::vector<Move>& moves, const Recipe& recipe, Workshop& workshop);
/// The same from what the store has, without asking anybody.
void find_known_fixes(std::vector<Move>& moves, const Store& store);

/// The text of the Debian changelogs in a .deb (descriptor), that of binary-only rebuilds first; empty when
/// it has none of its own.
std::string read_changelog(int deb, std::string_view what);

}  // namespace bootstrap
