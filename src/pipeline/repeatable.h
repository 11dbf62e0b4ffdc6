// The test that every image with scripts has besides those of its recipe: run a second time, in other
// surroundings, its scripts leave the same. What does not come out alike is no part of a tested image, unless
// somebody has accepted it.
#pragma once

#include <string_view>

#include "rootfs/repeat.h"
#include "smoke/smoke.h"

namespace bootstrap {

inline constexpr std::string_view kRepeatable = "repeatable";

/// The test's outcome: what the recipe accepts is told, but does not count.
TestOutcome judge_repetition(const Repetition& repetition, const std::vector<AcceptedPath>& accepted);
/// Of scripts that failed when they ran a second time.
TestOutcome failed_repetition(const Error& error);

/// Adds it to the report, with what this machine could not do.
void add_repetition(const Repetition& repetition, const std::vector<AcceptedPath>& accepted,
                    TestReport& report);

}  // namespace bootstrap
