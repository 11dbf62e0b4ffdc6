// `bootstrap run`: the image's program, or another, in namespaces; its exit code is ours.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "image/layout.h"
#include "runner/run_request.h"
#include "sandbox/worker.h"

namespace bootstrap {

struct RunOutcome {
  int exit_code = 0;    ///< as a shell says it
  std::string end;      ///< "exited", "signalled", "timeout", "out of memory", ...
  std::string problem;  ///< in words, unless it exited
  std::string out;      ///< with RunRequest::capture
  std::string err;
  std::chrono::microseconds wall{0};
  std::vector<std::string> degraded;  ///< what of the box this machine could not give
  bool weakened = false;              ///< see SandboxResult
};

/// Where things are.
struct RunPlaces {
  std::filesystem::path worker_program;
  std::filesystem::path layer_trees;  ///< see layer_trees.h
  std::filesystem::path changes;  ///< with RunRequest::keep: a tar of what the program changed is made here
};

RunOutcome run_image(const ImageLayout& layout, const Digest& manifest, const RunRequest& request,
                     const RunPlaces& places);

/// The worker's part of it.
Json run_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
