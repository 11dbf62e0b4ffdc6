// The nightly update: what is pending is built, tested and, if it passes, becomes the latest version; if not,
// the latest stays and the candidate is kept apart.
//
// Safe to be killed at any moment and to be run again: a version is there with its record before `latest`
// moves, `latest` moves in one rename, and the lock file follows last. Whoever comes after finds the old
// lock, plans the same candidate, finds its version and writes the lock.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/layout.h"
#include "smoke/smoke.h"
#include "update/night.h"

namespace bootstrap {

struct UpdateResult {
  enum class State {
    kUnchanged,
    kUpdated,   ///< there is a new version, and it is the latest
    kRejected,  ///< a test failed; the latest stays
    kFailed,    ///< nothing was built; the latest stays
  };
  std::string name;
  std::filesystem::path recipe;
  State state = State::kUnchanged;
  std::optional<ImageVersion> before;   ///< the latest until now
  std::optional<ImageVersion> version;  ///< the new one, or what the rejected candidate is kept as
  std::vector<Move> moves;              ///< of the recipe's own packages
  TestReport tests;
  std::optional<Error> error;
  std::chrono::hours max_age{0};  ///< of the recipe's policy
};
std::string_view name_of(UpdateResult::State state);

/// One result for each recipe of the night, parents first. What goes wrong with one recipe is in its result
/// and keeps only those from updating that extend it.
std::vector<UpdateResult> update_images(Night& night, Workshop& workshop);

/// Held while an update works on the images below a folder. The constructor waits for another update, and
/// calls `waiting` first when there is one.
class UpdateLock {
 public:
  UpdateLock(const std::filesystem::path& images, const std::function<void()>& waiting);

 private:
  UniqueFd fd_;
};

}  // namespace bootstrap
