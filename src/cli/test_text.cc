#include "cli/test_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace bootstrap {

namespace {

void print_failure(const TestOutcome& outcome) {
  fmt::print("            expected: {}\n            but:      {}\n", outcome.expectation,
             terminal_safe(outcome.actual));
  std::string_view output = outcome.output_end;
  while (!output.empty()) {
    std::size_t end = std::min(output.find('\n'), output.size());
    fmt::print("            | {}\n", terminal_safe(output.substr(0, end)));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
}

/// What all tests together used at most, on one line.
void print_usage(const TestReport& report) {
  std::uint64_t memory = 0;
  unsigned processes = 0;
  std::chrono::microseconds ready{0};
  std::set<std::string> written;
  std::set<std::string> ports;
  std::set<std::string> calls;
  for (const TestOutcome& outcome : report.outcomes) {
    memory = std::max(memory, outcome.usage.memory_peak);
    processes = std::max(processes, outcome.usage.pids_peak);
    ready = std::max(ready, outcome.ready);
    written.insert(outcome.usage.written.begin(), outcome.usage.written.end());
    ports.insert(outcome.usage.ports.begin(), outcome.usage.ports.end());
    calls.insert(outcome.usage.calls.begin(), outcome.usage.calls.end());
  }
  if (memory == 0 && processes == 0)
    return;
  std::string text = fmt::format("{} of memory, {} processes, {} files written", human_size(memory),
                                 processes, written.size());
  if (ready.count() != 0)
    text += fmt::format(", ready in {:.1f} ms", static_cast<double>(ready.count()) / 1000);
  if (!ports.empty())
    text += fmt::format(", listens on {}", fmt::join(ports, ", "));
  if (!calls.empty())
    text += fmt::format(", {} system calls", calls.size());
  fmt::print("  used      {}\n", text);
}

}  // namespace

void print_tests(const TestReport& report, const Printer& printer) {
  for (const TestOutcome& outcome : report.outcomes) {
    auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.wall);
    fmt::print("  test      {} {} ({})\n", outcome.passed ? printer.green("passed") : printer.red("FAILED"),
               outcome.name, human_duration(wall));
    for (const std::string& accepted : outcome.accepted)
      fmt::print("            accepted: {}\n", terminal_safe(accepted));
    if (!outcome.passed)
      print_failure(outcome);
  }
  print_usage(report);
  for (const std::string& missing : report.degraded)
    fmt::print("  note      the sandbox was weaker here: {}\n", missing);
}

}  // namespace bootstrap
