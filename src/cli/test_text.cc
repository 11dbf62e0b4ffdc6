#include "cli/test_text.h"

#include <fmt/format.h>

namespace bootstrap {

namespace {

void print_failure(const TestOutcome& outcome) {
  fmt::print("            expected: {}\n            but:      {}\n", outcome.expectation, outcome.actual);
  std::string_view output = outcome.output_end;
  while (!output.empty()) {
    std::size_t end = std::min(output.find('\n'), output.size());
    fmt::print("            | {}\n", output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
}

}  // namespace

void print_tests(const TestReport& report, const Printer& printer) {
  for (const TestOutcome& outcome : report.outcomes) {
    auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.wall);
    fmt::print("  test      {} {} ({})\n", outcome.passed ? printer.green("passed") : printer.red("FAILED"),
               outcome.name, human_duration(wall));
    if (!outcome.passed)
      print_failure(outcome);
  }
  for (const std::string& missing : report.degraded)
    fmt::print("  note      the sandbox was weaker here: {}\n", missing);
}

}  // namespace bootstrap
