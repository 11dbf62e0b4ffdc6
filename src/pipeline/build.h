// Recipes from file to tested version, many at once: the stages of design section 2 as tasks, parents before
// children, each package and each image made once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/layer_difference.h"
#include "image/layout.h"
#include "pipeline/locking.h"
#include "pipeline/workshop.h"
#include "smoke/smoke.h"

namespace bootstrap {

struct BuildOptions {
  LockPolicy lock = LockPolicy::kKeep;
  bool run_tests = true;
  bool repeat_scripts = true;    ///< one of the tests: pipeline/repeatable.h
  bool repeat_tests = false;     ///< run them also for an image that passed the very same ones before
  std::string reason = "build";  ///< recorded with the version
  bool keep_rejected = false;    ///< keep an image whose tests fail, as VERSION-rejected
};

/// An image that was built: of the recipe asked for, or of one it extends.
struct BuiltImage {
  std::string name;
  std::string recipe_file;
  std::optional<ImageVersion> version;       ///< none when a test failed
  std::optional<ImageVersion> rejected;      ///< what a failing image is kept as
  bool is_new_version = false;               ///< false: its image ID is that of a version there was
  std::vector<LayerDifference> other_bytes;  ///< layers that this build compresses to others than are there
  std::string latest;                        ///< version; after the build
  Digest manifest;
  Digest image_id;  ///< digest of the config
  std::vector<Layer> layers;
  std::size_t inherited_layers = 0;  ///< how many of them are the parent's
  std::size_t packages = 0;          ///< the parents' included
  TestReport tests;
  bool tested = false;
  bool tested_before = false;  ///< `tests` is the report of an earlier run
  bool built = true;           ///< false: the image was there already
  bool lock_written = false;
  std::vector<LockChange> lock_changes;
  std::vector<std::string> notes;
  std::vector<std::string> degraded;  ///< what of the sandbox this machine could not give to its scripts
};

/// A recipe that came to no image.
struct BuildFailure {
  std::string recipe_file;
  Error error;
};

struct BuildResult {
  std::vector<BuiltImage> images;  ///< parents before children; without a version where a test failed
  std::vector<BuildFailure> failures;
};

/// Builds the recipes and those they extend. One that fails, or whose tests fail, stops only those that
/// extend it.
BuildResult build_recipes(const std::vector<RecipeChain>& chains, const BuildOptions& options,
                          Workshop& workshop);

/// The same from locks that are chosen already, one chain (root ancestor first) for each image asked for;
/// `options.lock` plays no part, and no lock file is read or written.
BuildResult build_locked(const std::vector<std::vector<LockedRecipe>>& chains, const BuildOptions& options,
                         Workshop& workshop);

}  // namespace bootstrap
