#include "smoke/smoke.h"

#include <algorithm>

#include "base/error.h"
#include "smoke/job.h"

namespace bootstrap {
namespace {

using std::chrono::microseconds;

Json to_json(const Usage& usage) {
  return {{"memory_peak", usage.memory_peak},   {"pids_peak", usage.pids_peak}, {"ports", usage.ports},
          {"capabilities", usage.capabilities}, {"written", usage.written},     {"calls", usage.calls}};
}

Usage usage_from_json(const Json& json) {
  Usage usage;
  json.at("memory_peak").get_to(usage.memory_peak);
  json.at("pids_peak").get_to(usage.pids_peak);
  json.at("ports").get_to(usage.ports);
  json.at("capabilities").get_to(usage.capabilities);
  json.at("written").get_to(usage.written);
  json.at("calls").get_to(usage.calls);
  return usage;
}

}  // namespace

bool TestReport::passed() const {
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const TestOutcome& outcome) { return outcome.passed; });
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
    if (!outcome.accepted.empty())
      item["accepted"] = outcome.accepted;
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
    outcome.accepted = item.value("accepted", std::vector<std::string>{});
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
                           const std::vector<SmokeTest>& tests, const TestConditions& conditions,
                           const std::filesystem::path& worker_program, const WorkerProgress& progress) {
  if (tests.empty())
    return {};
  return test_report_from_json(run_image_job(
      "smoke", layout, job_input(layout.manifest(manifest), tests, conditions), worker_program, progress));
}

Json smoke_job(const Json& input, WorkerContext& context) {
  const ImageJob job(input, context);
  return to_json(job.run(job.conditions()));
}

}  // namespace bootstrap
