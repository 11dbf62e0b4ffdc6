#include "update/repeat_version.h"

#include "pipeline/build.h"
#include "pipeline/repeatable.h"
#include "update/recorded_recipes.h"

namespace bootstrap {

namespace {

/// The image that comes of it is of no use, and goes with the scratch directory.
BuildResult build_again(const ImageLayout& layout, const VersionRecord& record,
                        const std::filesystem::path& scratch, const Workshop& workshop) {
  Workshop elsewhere{workshop.store,    workshop.mirrors,     workshop.fetcher,   workshop.verifier,
                     workshop.reporter, workshop.trace,       scratch / "images", workshop.worker_program,
                     workshop.jobs,     workshop.accelerators};
  BuildOptions options;
  options.run_tests = false;
  options.reason = "test";
  return build_locked({recorded_recipes(record, layout, scratch / "sources")}, options, elsewhere);
}

}  // namespace

void add_repetition_of(const ImageLayout& layout, const VersionRecord& record,
                       const std::filesystem::path& scratch, Workshop& workshop, TestReport& report) {
  if (const auto known = find_repetition(workshop.store, record.state))
    return add_repetition(*known, record.accepted, report);
  const BuildResult again = build_again(layout, record, scratch, workshop);
  if (!again.failures.empty())
    throw again.failures.front().error;
  const TestReport& repeated = again.images.back().tests;
  report.outcomes.insert(report.outcomes.end(), repeated.outcomes.begin(), repeated.outcomes.end());
  report.degraded.insert(report.degraded.end(), repeated.degraded.begin(), repeated.degraded.end());
}

}  // namespace bootstrap
