#include "smoke/evaluate.h"

#include <fmt/format.h>

#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "smoke/output_text.h"

namespace bootstrap {
namespace {

constexpr std::size_t kShownText = 200;
constexpr std::size_t kShownLines = 15;
constexpr std::size_t kShownOutput = 4096;

struct Failure {
  std::string expectation;
  std::string actual;
};

/// The beginning of a text, on one line.
std::string excerpt(std::string_view text) {
  if (text.empty())
    return "nothing";
  std::string shown = "\"";
  for (char c : displayable(text.substr(0, kShownText)))
    shown += c == '\n' ? "\\n" : std::string(1, c);
  return shown + (text.size() > kShownText ? "\"..." : "\"");
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n'))
    text.remove_suffix(1);
  return text;
}

/// libstdc++'s ordinary matcher goes one call deeper with every character, and a long line of output would
/// overflow the stack; its polynomial one does not, at the price of back-references.
constexpr std::regex::flag_type regex_flags() {
#ifdef __GLIBCXX__
  return std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
#else
  return std::regex_constants::ECMAScript;
#endif
}

/// Why `text` is not as expected.
std::optional<Failure> check_text(std::string_view what, const TextExpectation& expected,
                                  const std::string& text) {
  // Nearly every program ends its output with a newline, and nobody thinks of it.
  if (expected.equals && without_newline(text) != without_newline(*expected.equals))
    return Failure{fmt::format("{} equals {}", what, excerpt(*expected.equals)), excerpt(text)};
  if (expected.contains && text.find(*expected.contains) == std::string::npos)
    return Failure{fmt::format("{} contains {}", what, excerpt(*expected.contains)), excerpt(text)};
  if (expected.matches) {
    std::string expectation = fmt::format("{} matches {}", what, excerpt(*expected.matches));
    try {
      if (!std::regex_search(text, std::regex(*expected.matches, regex_flags())))
        return Failure{expectation, excerpt(text)};
    } catch (const std::regex_error& error) {
      return Failure{expectation, std::string("the expression cannot be used: ") + error.what()};
    }
  }
  return std::nullopt;
}

std::optional<Failure> check_run(const SmokeTest& test, const SandboxResult& result) {
  using End = SandboxResult::End;
  bool ended_itself = result.end == End::kExited || result.end == End::kSignalled;
  if (!ended_itself || result.exit_code != test.exit) {
    std::string actual =
        result.end == End::kExited ? fmt::format("exited with {}", result.exit_code) : result.problem;
    return Failure{fmt::format("exits with {}", test.exit), actual};
  }
  if (auto failure = check_text("stdout", test.out, result.out))
    return failure;
  return check_text("stderr", test.err, result.err);
}

std::optional<Failure> check_service(const SmokeTest& test, const SandboxResult& result) {
  ProbeResult probe = result.probe.value_or(ProbeResult{});
  std::string problem = !probe.problem.empty()    ? probe.problem
                        : !result.problem.empty() ? result.problem
                                                  : "there was no answer";
  if (test.http.empty()) {
    if (probe.connected && probe.problem.empty())
      return std::nullopt;
    return Failure{fmt::format("accepts connections on port {}", test.tcp), problem};
  }
  if (probe.status != test.status) {
    return Failure{fmt::format("{} answers with {}", test.http, test.status),
                   probe.status == 0 ? problem : fmt::format("status {}", probe.status)};
  }
  return check_text("body", test.body, probe.body);
}

}  // namespace

TestOutcome evaluate(const SmokeTest& test, const SandboxResult& result) {
  TestOutcome outcome;
  outcome.name = test.name;
  outcome.wall = result.wall;
  if (result.probe)
    outcome.ready = result.probe->after;
  std::optional<Failure> failure = test.run.empty() ? check_service(test, result) : check_run(test, result);
  outcome.passed = !failure;
  if (failure) {
    outcome.expectation = failure->expectation;
    outcome.actual = failure->actual;
    std::string output = result.out + result.err;
    std::string_view end = last_lines(output, kShownLines);
    if (end.size() > kShownOutput)
      end.remove_prefix(end.size() - kShownOutput);
    outcome.output_end = displayable(end);
  }
  return outcome;
}

TestOutcome not_started(const SmokeTest& test, std::string expectation, std::string actual) {
  TestOutcome outcome;
  outcome.name = test.name;
  outcome.expectation = std::move(expectation);
  outcome.actual = std::move(actual);
  return outcome;
}

}  // namespace bootstrap
