// What jobs of the worker that test an image share: the image, its tests and their conditions on the way to
// the worker, and the unpacked tree there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/sandbox.h"
#include "sandbox/worker.h"
#include "smoke/smoke.h"
#include "smoke/test_run.h"

namespace bootstrap {

/// Our side.
Json job_input(const ImageManifest& image, const std::vector<SmokeTest>& tests,
               const TestConditions& conditions);
Json run_image_job(const std::string& name, const ImageLayout& layout, Json input,
                   const std::filesystem::path& worker_program, const WorkerProgress& progress);

/// The worker's side: unpacks the image once, for any number of runs.
class ImageJob {
 public:
  ImageJob(const Json& input, WorkerContext& context);

  const std::vector<SmokeTest>& tests() const { return tests_; }
  const TestConditions& conditions() const { return conditions_; }
  TestReport run(const TestConditions& conditions) const { return run(conditions, tests_); }
  TestReport run(const TestConditions& conditions, const std::vector<SmokeTest>& tests) const;

 private:
  WorkerContext& context_;
  std::vector<SmokeTest> tests_;
  TestConditions conditions_;
  UniqueFd root_;
  TestSubject subject_;
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace bootstrap
