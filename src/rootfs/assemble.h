// From packages to a configured tree: unpack, run maintainer scripts, normalise, and keep what is on disk
// afterwards beyond the packages' own files as the *state*. A pure function of its request: the result is
// cached under the digest of all it depends on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lock/lockfile.h"
#include "package/segment.h"
#include "recipe/recipe.h"
#include "sandbox/worker.h"
#include "store/store.h"

namespace bootstrap {

/// A package of the build with its imported segment. Shared, because many recipes have the same parents.
struct StagedPackage {
  LockedPackage locked;
  std::shared_ptr<const Segment> segment;
};

/// What configuring left behind. `tar` is a canonical, uncompressed tar with whiteouts (".wh.NAME") for what
/// it removed from the parent's layers.
struct AssembledState {
  std::string key;  ///< names the state in the store
  std::filesystem::path tar;
  /// Own packages' files that the tree does not have as the package ships them (changed, moved, removed,
  /// excluded), by package name: to be left out of their segments. Files that were only changed are in `tar`.
  std::map<std::string, std::set<std::string>> masked;
  std::vector<std::string>
      notes;  ///< for the user: "removed etc/ssh/ssh_host_rsa_key (a secret must not be in an image)"
  std::int64_t newest_mtime = 0;  ///< of all packages: SOURCE_DATE_EPOCH

  /// Of the worker that made it just now, if it was not in the store.
  ///@{
  std::shared_ptr<void> remains;      ///< as WorkerResult has them
  std::vector<std::string> degraded;  ///< what of the sandbox this machine could not give
  ///@}
};

/// What a recipe's ancestors made: the tree to start from. Root ancestor first.
struct AssembledRecipe {
  std::vector<StagedPackage> packages;
  AssembledState state;
};

struct AssembleRequest {
  std::string architecture;
  ScriptMode scripts = ScriptMode::kRun;
  std::vector<AssembledRecipe> parents;
  std::vector<StagedPackage> packages;  ///< in install order, stages ascending
  std::vector<std::string> debconf;
  std::vector<UserAccount> users;
  PathRules paths;   ///< by which the packages were imported
  StateRules state;  ///< the recipe's own; what it accepts plays no part
  std::string hostname = "localhost";
  /// Whether native versions of known helper programs serve the scripts: no part of the key, for the result
  /// is the same.
  bool accelerators = true;
};

/// The state of the request, from the store if it is there. Without scripts it is computed from package data
/// alone, with no privilege; with scripts in a worker, beside whose program bootstrap-accelerator lies.
/// Throws kFailure with the package, the script and the end of its output when a script fails.
AssembledState assemble(const AssembleRequest& request, const Store& store,
                        const std::filesystem::path& worker_program, const WorkerProgress& progress,
                        Trace& trace);

/// The worker's part of it, for the table of worker_main().
Json assemble_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
