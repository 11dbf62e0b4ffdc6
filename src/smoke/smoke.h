// Smoke tests: probes of the finished image, unpacked from its blobs, each in fresh namespaces with the
// service profile.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "recipe/recipe.h"
#include "sandbox/worker.h"

namespace bootstrap {

struct TestOutcome {
  std::string name;
  bool passed = false;
  std::string expectation;  ///< the one that failed: `body contains "nginx"`
  std::string actual;       ///< what there was instead
  std::string output_end;   ///< the last lines of the program's output
  std::chrono::microseconds wall{0};
  std::chrono::microseconds ready{0};  ///< http, tcp: from start to the answer
};

struct TestReport {
  std::vector<TestOutcome> outcomes;  ///< in the order of the recipe
  std::vector<std::string> degraded;  ///< what of the sandbox this machine could not give
  bool passed() const;
};

Json to_json(const TestReport& report);
/// Throws kFailure for anything that to_json() did not make.
TestReport test_report_from_json(const Json& json);

/// Runs `tests` on the image in one worker.
TestReport run_smoke_tests(const ImageLayout& layout, const Digest& manifest,
                           const std::vector<SmokeTest>& tests, const Limits& limits,
                           const std::filesystem::path& worker_program, const WorkerProgress& progress);

/// The worker's part of it.
Json smoke_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
