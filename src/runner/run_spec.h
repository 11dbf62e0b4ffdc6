// What `bootstrap run` starts: the request laid over the image's config.
#pragma once

#include "base/json.h"
#include "recipe/recipe.h"
#include "runner/run.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

Json run_request_to_json(const RunRequest& request);
RunRequest run_request_from_json(const Json& json);

/// All of the box but its root. As docker does it, a new entrypoint does away with the image's cmd. Throws
/// kUsage when neither the image nor the request names a program.
SandboxSpec run_spec(const RunRequest& request, const ImageOptions& image);

/// As a shell and timeout(1) say it: 124 when time was up, 137 when it was killed for its memory.
int exit_code(const SandboxResult& result);

}  // namespace bootstrap
