// The budgets of a version, held against its finished image as tests are; what goes beyond is traced to the
// packages that brought it.
#pragma once

#include <vector>

#include "image/layout.h"
#include "pipeline/record.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// One outcome for each budget. Of one that is exceeded, `output_end` names the culprits, each with the chain
/// of packages that leads to it.
std::vector<TestOutcome> check_budgets(const ImageLayout& layout, const Digest& manifest,
                                       const VersionRecord& record);

}  // namespace bootstrap
