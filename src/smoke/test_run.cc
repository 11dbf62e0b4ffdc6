#include "smoke/test_run.h"

#include <algorithm>

#include "base/error.h"
#include "smoke/evaluate.h"
#include "smoke/metadata_check.h"
#include "smoke/probe_url.h"
#include "smoke/tree_tests.h"

namespace bootstrap {
namespace {

std::vector<std::string> program_of(const ImageOptions& image) {
  std::vector<std::string> argv = image.entrypoint;
  argv.insert(argv.end(), image.cmd.begin(), image.cmd.end());
  return argv;
}

/// The command of a test that starts it instead of the image's program.
const CommandTest* own_command(const SmokeTest& test) {
  const auto* command = std::get_if<CommandTest>(&test.kind);
  return command != nullptr && !command->beside_service ? command : nullptr;
}

bool starts_service(const SmokeTest& test) {
  return std::holds_alternative<TcpTest>(test.kind) || std::holds_alternative<HttpTest>(test.kind) ||
         std::holds_alternative<PortsTest>(test.kind) ||
         (std::holds_alternative<CommandTest>(test.kind) && own_command(test) == nullptr);
}

std::map<std::string, std::string> environment(const CommandTest& test, const ImageOptions& image) {
  std::map<std::string, std::string> env = test.env;
  env.insert(image.env.begin(), image.env.end());  // keeps what is there
  return env;
}

Probe probe_of(const SmokeTest& test, const ImageOptions& image, std::chrono::milliseconds deadline) {
  Probe probe;
  probe.deadline = deadline;
  if (const auto* tcp = std::get_if<TcpTest>(&test.kind)) {
    probe.question = TcpProbe{tcp->port};
    return probe;
  }
  if (const auto* http = std::get_if<HttpTest>(&test.kind)) {
    const ProbeUrl url = parse_probe_url(http->url);
    probe.question = HttpProbe{url.port, http->method, url.path, url.host, http->headers, http->send};
  } else if (const auto* exec = std::get_if<CommandTest>(&test.kind)) {
    probe.question = ExecProbe{exec->argv, environment(*exec, image)};
  } else {
    probe.question = PortsProbe{};
  }
  probe.judge = [&test](const ProbeResult& result) {
    const std::optional<Failure> failure = check_answer(test, result);
    return failure ? failure->actual : std::string();
  };
  return probe;
}

class TestRun {
 public:
  TestRun(const std::vector<SmokeTest>& tests, const TestSubject& subject, const TestConditions& conditions,
          Sandbox& sandbox)
      : tests_(tests), subject_(subject), conditions_(conditions), sandbox_(sandbox) {}

  TestOutcome outcome(const SmokeTest& test) {
    const Tree tree(subject_.root);
    if (const auto* file = std::get_if<FileTest>(&test.kind))
      return outcome_of(test, check_file(*file, tree));
    if (const auto* user = std::get_if<UserTest>(&test.kind))
      return outcome_of(test, check_user(*user, tree));
    if (const auto* setuid = std::get_if<NoSetuidTest>(&test.kind))
      return outcome_of(test, check_no_setuid(*setuid, tree));
    if (const auto* metadata = std::get_if<MetadataTest>(&test.kind))
      return outcome_of(test, check_metadata(*metadata, subject_.config));
    if (const auto* read_only = std::get_if<ReadOnlyTest>(&test.kind))
      return read_only_outcome(test, *read_only);
    return started(test, nullptr);
  }

  std::vector<std::string> degraded() && { return std::move(degraded_); }

 private:
  TestOutcome started(const SmokeTest& test, const ReadOnlyTest* read_only) {
    if (starts_service(test) && program_of(subject_.options).empty())
      return outcome_of(
          test, Failure{"the image starts a service", "its recipe gives neither an entrypoint nor a cmd"});
    SandboxSpec spec = sandbox_spec(test, subject_, conditions_);
    if (read_only != nullptr) {
      spec.read_only = true;
      spec.writable = read_only->writable;
    }
    const SandboxResult result = sandbox_.run(spec);
    for (const std::string& missing : result.degraded) {
      if (std::find(degraded_.begin(), degraded_.end(), missing) == degraded_.end())
        degraded_.push_back(missing);
    }
    return evaluate(test, result);
  }

  /// The recipe's tests that start something, once more; the first failure decides.
  TestOutcome read_only_outcome(const SmokeTest& test, const ReadOnlyTest& read_only) {
    TestOutcome total =
        outcome_of(test, Failure{"the tests pass with a read-only root", "no test starts anything"});
    for (const SmokeTest& other : tests_) {
      if (!starts_service(other) && own_command(other) == nullptr)
        continue;
      TestOutcome outcome = started(other, &read_only);
      outcome.wall += total.wall;
      total = std::move(outcome);
      total.name = test.name;
      if (total.passed)
        continue;
      total.expectation = other.name + ": " + total.expectation;
      break;
    }
    return total;
  }

  const std::vector<SmokeTest>& tests_;
  const TestSubject& subject_;
  const TestConditions& conditions_;
  Sandbox& sandbox_;
  std::vector<std::string> degraded_;
};

}  // namespace

SandboxSpec sandbox_spec(const SmokeTest& test, const TestSubject& subject,
                         const TestConditions& conditions) {
  const ImageOptions& image = subject.options;
  SandboxSpec spec;
  spec.profile = SandboxProfile::kService;
  spec.root = subject.root;
  spec.env = image.env;
  spec.working_directory = image.workdir;
  spec.user = image.user;
  spec.limits.memory = conditions.limits.memory;
  spec.limits.pids = conditions.limits.pids;
  spec.limits.wall = test.timeout.value_or(conditions.limits.timeout);
  if (conditions.capabilities)
    spec.dropped_capabilities = ~*conditions.capabilities;
  spec.known_calls = conditions.known_calls;
  if (!image.stop_signal.empty())
    spec.stop_signal = image.stop_signal;
  if (const CommandTest* command = own_command(test)) {
    spec.argv = command->argv;
    spec.env = environment(*command, image);
  } else {
    spec.argv = program_of(image);
    spec.probe = probe_of(test, image, spec.limits.wall);
    // The probe's deadline decides; this only bounds a service which does not stop.
    spec.limits.wall += spec.limits.stop_grace;
  }
  return spec;
}

TestReport run_tests(const std::vector<SmokeTest>& tests, const TestSubject& subject,
                     const TestConditions& conditions, Sandbox& sandbox,
                     const std::function<void(std::string_view)>& progress) {
  TestReport report;
  TestRun run(tests, subject, conditions, sandbox);
  for (const SmokeTest& test : tests) {
    progress("test " + test.name);
    report.outcomes.push_back(run.outcome(test));
  }
  report.degraded = std::move(run).degraded();
  return report;
}

}  // namespace bootstrap
