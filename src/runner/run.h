// `bootstrap run`: the image's program, or another, in namespaces; its exit code is ours.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "image/layout.h"
#include "recipe/recipe.h"
#include "sandbox/worker.h"

namespace bootstrap {

struct RunRequest {
  std::vector<std::string>
      command;  ///< instead of the image's cmd (entrypoint kept unless `entrypoint` is set)
  std::vector<std::string> entrypoint;
  bool replace_entrypoint = false;
  std::map<std::string, std::string> env;  ///< beyond the image's
  std::string user;                        ///< empty: the image's
  std::string workdir;                     ///< empty: the image's
  bool read_only = false;
  Limits limits;  ///< a timeout of zero: none
};

/// Runs it with our standard input, output and error; returns the exit code as a shell says it.
int run_image(const ImageLayout& layout, const Digest& manifest, const RunRequest& request,
              const std::filesystem::path& worker_program);

/// The worker's part of it.
Json run_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
