// What no box can do without, tried before anything is fetched for it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/worker.h"

namespace bootstrap {

/// A thing of the kernel, or of the machine, that every box needs.
struct BoxNeed {
  std::string name;
  std::string remedy;             ///< what to do where it is not there
  std::function<void()> attempt;  ///< in a worker; throws when it is not
};

/// In the order in which they are to be tried.
std::vector<BoxNeed> box_needs();

/// Starts a worker, which takes the spare ids, namespaces and mounts, and lets it try the needs: a few
/// milliseconds. Throws kSandbox with the remedy where something is missing.
void require_box(const std::filesystem::path& worker_program);

/// The worker's part of it.
Json require_box_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
