// The reports of smoke tests that images have passed, kept so that nothing is tested twice. Each is told by
// the image and by what it was held against: other tests, limits, budgets or another profile are another
// question.
#pragma once

#include <optional>

#include "base/digest.h"
#include "pipeline/record.h"
#include "smoke/smoke.h"
#include "store/store.h"

namespace bootstrap {

/// nullopt when the image has not passed these tests yet, or the store does not know.
std::optional<TestReport> find_passed_tests(const Store& store, const Digest& manifest,
                                            const VersionRecord& record);
void keep_passed_tests(const Store& store, const Digest& manifest, const VersionRecord& record,
                       const TestReport& report);

}  // namespace bootstrap
