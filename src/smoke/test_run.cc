#include "smoke/test_run.h"

#include <algorithm>

#include "smoke/evaluate.h"
#include "smoke/probe_url.h"

namespace bootstrap {
namespace {

std::vector<std::string> program_of(const ImageOptions& image) {
  std::vector<std::string> argv = image.entrypoint;
  argv.insert(argv.end(), image.cmd.begin(), image.cmd.end());
  return argv;
}

Probe probe_of(const SmokeTest& test, std::chrono::milliseconds deadline) {
  Probe probe;
  probe.deadline = deadline;
  probe.port = test.tcp;
  if (!test.http.empty()) {
    ProbeUrl url = parse_probe_url(test.http);
    probe.port = url.port;
    probe.http_path = url.path;
    probe.http_host = url.host;
    probe.expected_status = test.status;
  }
  return probe;
}

}  // namespace

SandboxSpec sandbox_spec(const SmokeTest& test, const ImageOptions& image, const Limits& limits, int root) {
  SandboxSpec spec;
  spec.profile = SandboxProfile::kService;
  spec.root = root;
  spec.env = image.env;
  spec.working_directory = image.workdir;
  spec.user = image.user;
  spec.limits.memory = limits.memory;
  spec.limits.pids = limits.pids;
  spec.limits.wall = test.timeout.value_or(limits.timeout);
  if (!image.stop_signal.empty())
    spec.stop_signal = image.stop_signal;
  if (!test.run.empty()) {
    spec.argv = test.run;
  } else {
    spec.argv = program_of(image);
    spec.probe = probe_of(test, spec.limits.wall);
    // The probe's deadline decides; this only bounds a service which does not stop.
    spec.limits.wall += spec.limits.stop_grace;
  }
  return spec;
}

TestReport run_tests(const std::vector<SmokeTest>& tests, const ImageOptions& image, const Limits& limits,
                     int root, Sandbox& sandbox, const std::function<void(std::string_view)>& progress) {
  TestReport report;
  for (const SmokeTest& test : tests) {
    progress("test " + test.name);
    if (test.run.empty() && program_of(image).empty()) {
      report.outcomes.push_back(not_started(test, "the image starts a service",
                                            "its recipe gives neither an entrypoint nor a cmd"));
      continue;
    }
    SandboxResult result = sandbox.run(sandbox_spec(test, image, limits, root));
    report.outcomes.push_back(evaluate(test, result));
    for (const std::string& missing : result.degraded) {
      if (std::find(report.degraded.begin(), report.degraded.end(), missing) == report.degraded.end())
        report.degraded.push_back(missing);
    }
  }
  return report;
}

}  // namespace bootstrap
