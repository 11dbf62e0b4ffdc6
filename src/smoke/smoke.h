// Smoke tests: probes of the finished image, unpacked from its blobs, each in fresh namespaces with the
// service profile.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "recipe/recipe.h"
#include "sandbox/worker.h"

namespace bootstrap {

/// What a test's program used, as far as it was seen.
struct Usage {
  std::uint64_t memory_peak = 0;          ///< bytes
  unsigned pids_peak = 0;                 ///< processes at the same time
  std::vector<std::string> ports;         ///< open when it served: "80/tcp"
  std::vector<std::string> capabilities;  ///< that it had
  std::vector<std::string> written;       ///< paths made, changed or removed
  std::vector<std::string> calls;         ///< system calls besides TestConditions::known_calls
};

/// What tests may use.
struct TestConditions {
  Limits limits;
  std::optional<std::uint64_t> capabilities;    ///< no more than these, one bit each
  std::optional<std::vector<int>> known_calls;  ///< watch system calls; these need not be told
};

struct TestOutcome {
  std::string name;
  bool passed = false;
  std::string expectation;  ///< the one that failed: `body contains "nginx"`
  std::string actual;       ///< what there was instead
  std::string output_end;   ///< the last lines of the program's output; of a budget, who is to blame
  std::vector<std::string> accepted;  ///< what is not as it should be, but may, with the reason
  std::chrono::microseconds wall{0};
  std::chrono::microseconds ready{0};  ///< of a service: from its start to the answer
  Usage usage;                         ///< of a test that starts something
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
                           const std::vector<SmokeTest>& tests, const TestConditions& conditions,
                           const std::filesystem::path& worker_program, const WorkerProgress& progress);

/// The worker's part of it.
Json smoke_job(const Json& input, WorkerContext& context);

}  // namespace bootstrap
