// The tests of one image on its unpacked tree, one after the other.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "sandbox/sandbox.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// What a test starts on the tree `root` (descriptor).
SandboxSpec sandbox_spec(const SmokeTest& test, const ImageOptions& image, const Limits& limits, int root);

/// `image` is what the image's config says. `progress` is told of each test as it begins.
TestReport run_tests(const std::vector<SmokeTest>& tests, const ImageOptions& image, const Limits& limits,
                     int root, Sandbox& sandbox, const std::function<void(std::string_view)>& progress);

}  // namespace bootstrap
