#include "pipeline/repeatable.h"

#include <fmt/format.h>

#include <algorithm>

namespace bootstrap {

namespace {

// More than this nobody reads; what is the matter is clear by then.
constexpr std::size_t kShownPaths = 100;
constexpr const char* kExpectation = "scripts leave the same when they run again in other surroundings";

/// "/etc/bind/rndc.key: secret, by bind9"
std::string describe(const Unrepeated& unrepeated) {
  std::string text = fmt::format("/{}: {}", unrepeated.path, unrepeated.kind);
  if (unrepeated.what != "content")
    text += fmt::format(" ({})", unrepeated.what);
  if (!unrepeated.maker.empty())
    text += ", by " + unrepeated.maker;
  return text;
}

std::string describe(const std::vector<Unrepeated>& differences) {
  std::string text;
  for (std::size_t i = 0; i < std::min(differences.size(), kShownPaths); ++i)
    text += describe(differences[i]) + "\n";
  if (differences.size() > kShownPaths)
    text += fmt::format("and {} more\n", differences.size() - kShownPaths);
  return text + fmt::format(
                    "hint: leave it out, in the recipe: state: {{remove: [/{0}]}}; or empty: it; or accept: "
                    "[{{path: /{0}, reason: ...}}]",
                    differences.front().path);
}

TestOutcome outcome(bool passed) {
  TestOutcome outcome;
  outcome.name = kRepeatable;
  outcome.passed = passed;
  return outcome;
}

}  // namespace

TestOutcome judge_repetition(const Repetition& repetition) {
  TestOutcome result = outcome(repetition.differences.empty());
  result.wall = repetition.wall;
  if (result.passed)
    return result;
  const std::size_t count = repetition.differences.size();
  result.expectation = kExpectation;
  result.actual = fmt::format("{} {} different each time", count, count == 1 ? "path is" : "paths are");
  result.output_end = describe(repetition.differences);
  return result;
}

TestOutcome failed_repetition(const Error& error) {
  TestOutcome result = outcome(false);
  result.expectation = kExpectation;
  result.actual = error.message();
  return result;
}

void add_repetition(const Repetition& repetition, TestReport& report) {
  report.outcomes.push_back(judge_repetition(repetition));
  for (const std::string& missing : repetition.degraded)
    if (std::find(report.degraded.begin(), report.degraded.end(), missing) == report.degraded.end())
      report.degraded.push_back(missing);
}

}  // namespace bootstrap
