// Whether this machine has the box that a build will need: found out before anything is fetched for it.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "recipe/recipe.h"

namespace bootstrap {

class RequiredBox {
 public:
  explicit RequiredBox(std::filesystem::path worker_program) : worker_program_(std::move(worker_program)) {}

  /// Throws kSandbox with the remedy when the recipe's scripts, or its tests where they are to be run, need
  /// a box and there is none. Tries at most once, and nothing for who needs none.
  void require(const Recipe& recipe, bool run_tests);

 private:
  const std::optional<Error>& failure();

  std::filesystem::path worker_program_;
  bool tried_ = false;
  std::optional<Error> failure_;
};

/// For who builds and tests what there is to build, and finds out by downloading: throws kSandbox when not
/// one of the chains can be built here.
void require_box_for_any(const std::vector<RecipeChain>& chains, const std::filesystem::path& worker_program);

/// The failure to have a box, as it concerns somebody who needs it for the tests alone.
Error only_tests_need(const Recipe& recipe, const Error& failure);

}  // namespace bootstrap
