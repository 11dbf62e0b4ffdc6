#include "smoke/evaluate.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "sandbox/call_names.h"
#include "sandbox/capability_names.h"
#include "smoke/output_text.h"

namespace bootstrap {
namespace {

constexpr std::size_t kShownLines = 15;
constexpr std::size_t kShownOutput = 4096;

std::optional<Failure> check_texts(const CommandTest& test, const std::string& out, const std::string& err) {
  if (auto failure = check_text("stdout", test.out, out))
    return failure;
  return check_text("stderr", test.err, err);
}

/// What ended a program before its time, and the key of the recipe that would have let it go on.
std::string problem_of(const SandboxResult& result) {
  using End = SandboxResult::End;
  if (result.end == End::kOutOfMemory || (result.end == End::kStopped && !result.problem.empty()))
    return result.problem + " (limits: {memory: ...} allows more)";
  if (result.end == End::kOutOfProcesses)
    return result.problem + " (limits: {pids: ...} allows more)";
  return result.problem;
}

std::optional<Failure> check_run(const CommandTest& test, const SandboxResult& result) {
  using End = SandboxResult::End;
  const bool ended_itself = result.end == End::kExited || result.end == End::kSignalled;
  if (!ended_itself || result.exit_code != test.exit) {
    std::string actual =
        result.end == End::kExited ? fmt::format("exited with {}", result.exit_code) : problem_of(result);
    return Failure{fmt::format("exits with {}", test.exit), actual};
  }
  return check_texts(test, result.out, result.err);
}

/// The value of a header; nullopt when it is not there. Names are the same in any case.
std::optional<std::string> header_value(const std::string& header, const std::string& name) {
  std::istringstream lines(header);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || ::strcasecmp(line.substr(0, colon).c_str(), name.c_str()) != 0)
      continue;
    const std::size_t first = line.find_first_not_of(" \t", colon + 1);
    const std::size_t last = line.find_last_not_of(" \t\r");
    return first == std::string::npos || last < first ? "" : line.substr(first, last - first + 1);
  }
  return std::nullopt;
}

std::optional<Failure> check_http(const HttpTest& test, const ProbeResult& probe) {
  const std::string expectation = fmt::format("{} answers with {}", test.url, test.status);
  if (probe.status == 0)
    return Failure{expectation, probe.problem.empty() ? "there was no answer" : probe.problem};
  if (probe.status != test.status)
    return Failure{expectation, fmt::format("status {}", probe.status)};
  for (const auto& [name, expected] : test.answer_headers) {
    const std::optional<std::string> value = header_value(probe.header, name);
    if (!value)
      return Failure{"the answer has a header " + name, "it has none"};
    if (auto failure = check_text("header " + name, expected, *value))
      return failure;
  }
  if (auto failure = check_text("body", test.body, probe.body))
    return failure;
  return check_json(test.json, probe.body);
}

std::optional<Failure> check_exec(const CommandTest& test, const ProbeResult& probe) {
  const std::string expectation =
      fmt::format("{} beside the service exits with {}", test.argv.front(), test.exit);
  if (probe.exit_code < 0)
    return Failure{expectation, probe.problem.empty() ? "it did not run" : probe.problem};
  if (probe.exit_code != test.exit) {
    const std::string words = probe.err.empty() ? "" : ": " + excerpt(last_lines(probe.err, 3));
    return Failure{expectation, fmt::format("exited with {}{}", probe.exit_code, words)};
  }
  return check_texts(test, probe.out, probe.err);
}

std::string listed(const std::vector<std::string>& ports) {
  return ports.empty() ? "nothing" : fmt::format("{}", fmt::join(ports, ", "));
}

std::optional<Failure> check_ports(const PortsTest& test, const ProbeResult& probe) {
  std::vector<std::string> expected = test.ports;
  std::vector<std::string> actual = probe.ports;
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  if (expected == actual)
    return std::nullopt;
  return Failure{"listens on exactly " + listed(test.ports), "it listens on " + listed(probe.ports)};
}

std::optional<Failure> check_service(const SmokeTest& test, const SandboxResult& result) {
  const ProbeResult probe = result.probe.value_or(ProbeResult{});
  if (auto failure = check_answer(test, probe)) {
    const bool out_of_memory = result.end == SandboxResult::End::kOutOfMemory;
    if (out_of_memory || (!result.probe && !result.problem.empty()))
      failure->actual = problem_of(result);
    else if (result.end == SandboxResult::End::kStopped && !result.problem.empty())
      failure->actual += "; " + problem_of(result);
    else if (probe.problem.starts_with("the service "))  // that it is gone says more than what it did not do
      failure->actual = probe.problem;
    return failure;
  }
  if (!probe.problem.empty())
    return Failure{"the service goes on serving", probe.problem};
  return std::nullopt;
}

void add_usage(const SandboxResult& result, TestOutcome& outcome) {
  Usage& usage = outcome.usage;
  usage.memory_peak = result.memory_peak;
  usage.pids_peak = result.pids_peak;
  usage.capabilities = capability_names(result.capabilities);
  usage.written = result.written;
  if (result.probe) {
    outcome.ready = result.probe->after;
    usage.ports = result.probe->ports;
  }
  for (int call : result.calls)
    usage.calls.push_back(call_name(call));
  std::sort(usage.calls.begin(), usage.calls.end());
}

}  // namespace

std::optional<Failure> check_answer(const SmokeTest& test, const ProbeResult& probe) {
  if (const auto* http = std::get_if<HttpTest>(&test.kind))
    return check_http(*http, probe);
  if (const auto* exec = std::get_if<CommandTest>(&test.kind))
    return check_exec(*exec, probe);
  if (const auto* ports = std::get_if<PortsTest>(&test.kind))
    return check_ports(*ports, probe);
  if (probe.connected && probe.problem.empty())
    return std::nullopt;
  return Failure{fmt::format("accepts connections on port {}", std::get<TcpTest>(test.kind).port),
                 probe.problem.empty() ? "there was no answer" : probe.problem};
}

TestOutcome evaluate(const SmokeTest& test, const SandboxResult& result) {
  const auto* command = std::get_if<CommandTest>(&test.kind);
  const bool is_run = command != nullptr && !command->beside_service;
  const std::optional<Failure> failure = is_run ? check_run(*command, result) : check_service(test, result);
  TestOutcome outcome = outcome_of(test, failure);
  outcome.wall = result.wall;
  add_usage(result, outcome);
  if (failure) {
    const std::string output = result.out + result.err;
    std::string_view end = last_lines(output, kShownLines);
    if (end.size() > kShownOutput)
      end.remove_prefix(end.size() - kShownOutput);
    outcome.output_end = displayable(end);
  }
  return outcome;
}

TestOutcome outcome_of(const SmokeTest& test, const std::optional<Failure>& failure) {
  TestOutcome outcome;
  outcome.name = test.name;
  outcome.passed = !failure;
  if (failure) {
    outcome.expectation = failure->expectation;
    outcome.actual = failure->actual;
  }
  return outcome;
}

}  // namespace bootstrap
