// From what happened in the sandbox to the outcome of a test. Pure: no process, no file.
#pragma once

#include "recipe/recipe.h"
#include "sandbox/sandbox.h"
#include "smoke/expectation.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// Why an answer of the service is not what a test of this kind (tcp, http, exec, ports) expects.
std::optional<Failure> check_answer(const SmokeTest& test, const ProbeResult& probe);

/// Of a test that started something: names the first expectation that does not hold and what there was
/// instead.
TestOutcome evaluate(const SmokeTest& test, const SandboxResult& result);

/// Of a test that looked at something.
TestOutcome outcome_of(const SmokeTest& test, const std::optional<Failure>& failure);

}  // namespace bootstrap
