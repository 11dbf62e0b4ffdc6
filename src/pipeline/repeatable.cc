#include "pipeline/repeatable.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "rootfs/state_rules.h"

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

/// The host name of a build is the same in every build, where a rule says that it may stay.
bool stays(const Unrepeated& unrepeated) {
  const StateRule* rule = find_built_in_rule(unrepeated.path);
  return unrepeated.what == kHostnameOnly && rule != nullptr && rule->action == StateAction::kHostname;
}

const AcceptedPath* find_accepted(const Unrepeated& unrepeated, const std::vector<AcceptedPath>& accepted) {
  const auto found = std::find_if(accepted.begin(), accepted.end(), [&](const AcceptedPath& one) {
    return ::fnmatch(one.path.c_str(), ("/" + unrepeated.path).c_str(), FNM_PATHNAME) == 0;
  });
  return found == accepted.end() ? nullptr : &*found;
}

TestOutcome outcome(bool passed) {
  TestOutcome outcome;
  outcome.name = kRepeatable;
  outcome.passed = passed;
  return outcome;
}

}  // namespace

TestOutcome judge_repetition(const Repetition& repetition, const std::vector<AcceptedPath>& accepted) {
  std::vector<Unrepeated> rest;
  std::vector<std::string> told;
  for (const Unrepeated& unrepeated : repetition.differences) {
    if (stays(unrepeated))
      continue;
    if (const AcceptedPath* one = find_accepted(unrepeated, accepted))
      told.push_back(fmt::format("{}: {}", describe(unrepeated), one->reason));
    else
      rest.push_back(unrepeated);
  }
  TestOutcome result = outcome(rest.empty());
  result.wall = repetition.wall;
  if (!result.passed) {
    result.expectation = kExpectation;
    result.actual =
        fmt::format("{} {} different each time", rest.size(), rest.size() == 1 ? "path is" : "paths are");
    result.output_end = describe(rest);
  }
  result.accepted = std::move(told);
  return result;
}

TestOutcome failed_repetition(const Error& error) {
  TestOutcome result = outcome(false);
  result.expectation = kExpectation;
  result.actual = error.message();
  return result;
}

void add_repetition(const Repetition& repetition, const std::vector<AcceptedPath>& accepted,
                    TestReport& report) {
  report.outcomes.push_back(judge_repetition(repetition, accepted));
  for (const std::string& missing : repetition.degraded)
    if (std::find(report.degraded.begin(), report.degraded.end(), missing) == report.degraded.end())
      report.degraded.push_back(missing);
}

}  // namespace bootstrap
