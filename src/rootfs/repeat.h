// The same scripts a second time, in other surroundings (rootfs/other_surroundings.h): what they then leave
// differently is a secret, belongs to one machine, or is different in every build. It must not be in an image
// unseen.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "rootfs/assemble.h"
#include "rootfs/unrepeated.h"

namespace bootstrap {

/// What came of it.
struct Repetition {
  std::vector<Unrepeated> differences;
  std::vector<std::string> degraded;  ///< which surroundings this machine could not make others
  std::chrono::milliseconds wall{0};  ///< what it took
};

/// Of the state with this key, if the store remembers one.
std::optional<Repetition> find_repetition(const Store& store, const std::string& key);

/// The state of a request as it comes out the second time. It is never part of the store, and gone with this
/// object.
class RepeatedState {
 public:
  /// Takes the request's steps, but for first ones of whose states it is known that they come out alike. The
  /// store must have the states of the request's parents. Throws kTestFailed with the package, the script
  /// and the end of its output when a script fails.
  RepeatedState(const AssembleRequest& request, const Store& store,
                const std::filesystem::path& worker_program, const WorkerProgress& progress, Trace& trace);

  /// Compares with the state that was made the first time, and lets the store remember what came of it.
  Repetition compare(const AssembledState& first, const Store& store) const;

 private:
  std::deque<AtomicFile> tars_;  ///< one per step
  std::map<std::string, std::set<std::string>> masked_;
  std::map<std::string, std::string> makers_;
  std::vector<std::string> degraded_;
  std::chrono::milliseconds wall_{0};
};

}  // namespace bootstrap
