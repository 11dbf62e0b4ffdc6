// What this machine lets the sandbox do: `bootstrap sandbox-info`. Found out by trying, not by guessing from
// versions.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/worker.h"

namespace bootstrap {

struct SandboxFact {
  std::string name;  ///< "user namespace"
  bool good = false;
  std::string detail;  ///< what there is, or why there is none
  std::string remedy;  ///< what to do to get it; empty when it is there, or when nothing can be done
};

struct SandboxInfo {
  bool possible = false;  ///< programs can be run in boxes at all
  /// The steps of the ladder in docs/security.md that they are run on, but for the first, the full box.
  std::vector<std::string> steps;
  std::vector<SandboxFact> facts;

  /// The names of the facts that are not good. None: the machine gives all that docs/security.md promises.
  std::vector<std::string> missing() const;
};

SandboxInfo look_at_sandbox(const std::filesystem::path& worker_program);

/// {"possible": true, "steps": ["no-proc"], "missing": ["own /proc"], "facts": [{"name": ..., "good": ...,
/// "detail": ..., "remedy":
/// ...}, ...]}
Json to_json(const SandboxInfo& info);

/// The worker's part of it: tries every mount of a box.
Json sandbox_info_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
