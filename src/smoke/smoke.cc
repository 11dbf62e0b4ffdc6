#include "smoke/smoke.h"

#include <algorithm>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/fd.h"
#include "image/oci_documents.h"
#include "image/unpack.h"
#include "sandbox/foreign_programs.h"
#include "sandbox/id_range.h"
#include "sandbox/sandbox.h"
#include "smoke/test_json.h"
#include "smoke/test_run.h"

namespace bootstrap {
namespace {

using std::chrono::microseconds;

Json to_json(const Usage& usage) {
  return {{"memory_peak", usage.memory_peak},
          {"pids_peak", usage.pids_peak},
          {"ports", usage.ports},
          {"written", usage.written}};
}

Usage usage_from_json(const Json& json) {
  Usage usage;
  json.at("memory_peak").get_to(usage.memory_peak);
  json.at("pids_peak").get_to(usage.pids_peak);
  json.at("ports").get_to(usage.ports);
  json.at("written").get_to(usage.written);
  return usage;
}

Json job_input(const ImageManifest& image, const std::vector<SmokeTest>& tests, const Limits& limits) {
  Json input = {{"config", image.config},
                {"layers", Json::array()},
                {"tests", Json::array()},
                {"limits", limits_to_json(limits)}};
  for (const Layer& layer : image.layers)
    input["layers"].push_back(to_json(layer));
  for (const SmokeTest& test : tests)
    input["tests"].push_back(smoke_test_to_json(test));
  return input;
}

}  // namespace

bool TestReport::passed() const {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const TestOutcome& outcome) { return outcome.passed; });
}

std::vector<std::string> TestReport::ports() const {
  std::set<std::string> ports;
  for (const TestOutcome& outcome : outcomes)
    ports.insert(outcome.usage.ports.begin(), outcome.usage.ports.end());
  return {ports.begin(), ports.end()};
}

Json to_json(const TestReport& report) {
  Json tests = Json::array();
  for (const TestOutcome& outcome : report.outcomes) {
    Json item = {{"name", outcome.name}, {"passed", outcome.passed}, {"wall_us", outcome.wall.count()}};
    if (outcome.ready.count() != 0)
      item["ready_us"] = outcome.ready.count();
    if (outcome.wall.count() != 0)
      item["usage"] = to_json(outcome.usage);
    if (!outcome.passed) {
      item["expectation"] = outcome.expectation;
      item["actual"] = outcome.actual;
      item["output_end"] = outcome.output_end;
    }
    tests.push_back(std::move(item));
  }
  return {{"passed", report.passed()}, {"tests", tests}, {"degraded", report.degraded}};
}

TestReport test_report_from_json(const Json& json) try {
  TestReport report;
  for (const Json& item : json.at("tests")) {
    TestOutcome outcome;
    item.at("name").get_to(outcome.name);
    item.at("passed").get_to(outcome.passed);
    outcome.expectation = item.value("expectation", "");
    outcome.actual = item.value("actual", "");
    outcome.output_end = item.value("output_end", "");
    outcome.wall = microseconds(item.at("wall_us").get<std::int64_t>());
    outcome.ready = microseconds(item.value("ready_us", std::int64_t{0}));
    if (item.contains("usage"))
      outcome.usage = usage_from_json(item.at("usage"));
    report.outcomes.push_back(std::move(outcome));
  }
  json.at("degraded").get_to(report.degraded);
  return report;
} catch (const Json::exception& error) {
  throw Error(ErrorKind::kFailure, std::string("a test report is damaged: ") + error.what());
}

TestReport run_smoke_tests(const ImageLayout& layout, const Digest& manifest,
                           const std::vector<SmokeTest>& tests, const Limits& limits,
                           const std::filesystem::path& worker_program, const WorkerProgress& progress) {
  if (tests.empty())
    return {};
  const ImageManifest image = layout.manifest(manifest);
  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  WorkerJob job;
  job.name = "smoke";
  job.input = job_input(image, tests, limits);
  job.fds = {blobs.get()};
  return test_report_from_json(run_worker(worker_program, find_id_range(), job, progress));
}

Json smoke_job(const Json& input, WorkerContext& context) {
  std::vector<Layer> layers;
  for (const Json& layer : input.at("layers"))
    layers.push_back(layer_from_json(layer));
  std::vector<SmokeTest> tests;
  for (const Json& test : input.at("tests"))
    tests.push_back(smoke_test_from_json(test));
  UniqueFd root = mount_scratch(0);
  unpack_layers(context.fds[0].get(), layers, root.get());
  const Json& config = input.at("config");
  enable_programs_of(config.value("architecture", ""));
  const TestSubject subject{config, runtime_options(config), root.get()};
  std::unique_ptr<Sandbox> sandbox = make_namespace_sandbox();
  return to_json(run_tests(tests, subject, limits_from_json(input.at("limits")), *sandbox, context.progress));
}

}  // namespace bootstrap
