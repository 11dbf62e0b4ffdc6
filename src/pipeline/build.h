// One recipe from file to tested version: the stages of design section 2, in order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/layout.h"
#include "pipeline/locking.h"
#include "pipeline/workshop.h"
#include "rootfs/assemble.h"
#include "smoke/smoke.h"

namespace bootstrap {

struct BuildOptions {
  LockPolicy lock = LockPolicy::kKeep;
  bool run_tests = true;
  std::string reason = "build";  ///< recorded with the version
};

/// An image that was built: of the recipe asked for, or of one it extends.
struct BuiltImage {
  std::string name;
  std::string recipe_file;
  std::optional<ImageVersion> version;  ///< none when a test failed
  Digest manifest;
  std::vector<Layer> layers;
  std::size_t inherited_layers = 0;  ///< how many of them are the parent's
  std::size_t packages = 0;          ///< the parents' included
  TestReport tests;
  bool tested = false;
  bool lock_written = false;
  std::vector<LockChange> lock_changes;
  std::vector<std::string> notes;
};

/// Builds a recipe and those it extends, root ancestor first; the last one is the recipe's own. A recipe
/// whose tests fail has no version and ends the chain: nothing is built on it. Every other failure is thrown.
std::vector<BuiltImage> build_chain(const RecipeChain& chain, const BuildOptions& options,
                                    Workshop& workshop);

}  // namespace bootstrap
