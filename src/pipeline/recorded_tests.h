// The tests that the record of a version names: its smoke tests, within its profile if it has one, and its
// budgets.
#pragma once

#include <filesystem>

#include "image/layout.h"
#include "pipeline/record.h"
#include "sandbox/worker.h"
#include "smoke/smoke.h"

namespace bootstrap {

TestReport run_recorded_tests(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record,
                              const std::filesystem::path& worker_program, const WorkerProgress& progress);

/// The smoke tests alone, with every system call in the report. That makes them slower.
TestReport watch_recorded_tests(const ImageLayout& layout, const Digest& manifest,
                                const VersionRecord& record, const std::filesystem::path& worker_program,
                                const WorkerProgress& progress);

}  // namespace bootstrap
