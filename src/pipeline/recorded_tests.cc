#include "pipeline/recorded_tests.h"

#include "pipeline/budget.h"

namespace bootstrap {

TestReport run_recorded_tests(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record,
                              const std::filesystem::path& worker_program, const WorkerProgress& progress) {
  TestReport report = record.profile ? run_tests_within(*record.profile, layout, manifest, record.tests,
                                                        record.limits, worker_program, progress)
                                     : run_smoke_tests(layout, manifest, record.tests,
                                                       {record.limits, {}, {}}, worker_program, progress);
  for (TestOutcome& outcome : check_budgets(layout, manifest, record))
    report.outcomes.push_back(std::move(outcome));
  return report;
}

TestReport watch_recorded_tests(const ImageLayout& layout, const Digest& manifest,
                                const VersionRecord& record, const std::filesystem::path& worker_program,
                                const WorkerProgress& progress) {
  const TestConditions watched{record.limits, {}, std::vector<int>{}};
  return run_smoke_tests(layout, manifest, record.tests, watched, worker_program, progress);
}

}  // namespace bootstrap
