// The budgets of a recipe, held against its finished image as tests are; what goes beyond is traced to the
// packages that brought it.
#pragma once

#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "pipeline/record.h"
#include "recipe/recipe.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// One outcome for each budget. Of one that is exceeded, `output_end` names the culprits, each with the chain
/// of packages that leads to it.
std::vector<TestOutcome> check_budgets(const Budgets& budgets, const ImageLayout& layout,
                                       const Digest& manifest, const VersionRecord& record);

/// Those that are given, by their names in a recipe.
Json to_json(const Budgets& budgets);

}  // namespace bootstrap
