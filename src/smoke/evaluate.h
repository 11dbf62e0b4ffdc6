// From what happened in the sandbox to the outcome of a test. Pure: no process, no file.
#pragma once

#include "recipe/recipe.h"
#include "sandbox/sandbox.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// Names the first expectation that does not hold and what there was instead.
TestOutcome evaluate(const SmokeTest& test, const SandboxResult& result);

/// The outcome of a test whose program cannot be started at all.
TestOutcome not_started(const SmokeTest& test, std::string expectation, std::string actual);

}  // namespace bootstrap
