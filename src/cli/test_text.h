// Smoke-test results in words.
#pragma once

#include "cli/printer.h"
#include "smoke/smoke.h"

namespace bootstrap {

/// A line per test on standard output; for a failed one also the expectation, what there was, and the end of
/// the output.
void print_tests(const TestReport& report, const Printer& printer);

}  // namespace bootstrap
