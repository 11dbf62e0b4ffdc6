// What `bootstrap run` starts: the request laid over the image's config.
#pragma once

#include "recipe/recipe.h"
#include "runner/run_request.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// All of the box but its root and the mounts of its volumes. As docker does it, a new entrypoint does away
/// with the image's cmd. Throws kUsage when neither the image nor the request names a program.
SandboxSpec run_spec(const RunRequest& request, const ImageOptions& image);

/// As a shell and timeout(1) say it: 124 when time was up, 137 when it was killed for its memory.
int exit_code(const SandboxResult& result);

}  // namespace bootstrap
