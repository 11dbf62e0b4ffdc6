// Smoke tests, their limits, and budgets as JSON: for the worker, and for whoever keeps the tests of an
// image.
#pragma once

#include "base/json.h"
#include "recipe/recipe.h"

namespace bootstrap {

Json smoke_test_to_json(const SmokeTest& test);
/// Throws kFailure for anything else.
SmokeTest smoke_test_from_json(const Json& json);

Json limits_to_json(const Limits& limits);
/// Throws kFailure for anything else.
Limits limits_from_json(const Json& json);

Json budgets_to_json(const Budgets& budgets);
/// Throws kFailure for anything else.
Budgets budgets_from_json(const Json& json);

}  // namespace bootstrap
