#include "smoke/test_run.h"

#include "smoke/test_json.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

/// Remembers what it was asked to run, and answers with what it was given.
struct FakeSandbox : Sandbox {
  SandboxResult result;
  std::vector<SandboxSpec> specs;
  SandboxResult run(const SandboxSpec& spec) override {
    specs.push_back(spec);
    return result;
  }
};

ImageOptions nginx() {
  ImageOptions image;
  image.entrypoint = {"nginx"};
  image.cmd = {"-g", "daemon off;"};
  image.env = {{"PATH", "/bin"}};
  image.user = "app";
  image.workdir = "/srv";
  image.stop_signal = "SIGQUIT";
  return image;
}

SmokeTest command() {
  SmokeTest test;
  test.name = "config";
  test.run = {"nginx", "-t"};
  return test;
}

SmokeTest page() {
  SmokeTest test;
  test.name = "serves";
  test.http = "http://127.0.0.1:8080/x";
  test.status = 404;
  return test;
}

TEST_CASE("a command runs as the image would, instead of its program") {
  Limits limits;
  limits.memory = 64 << 20;
  limits.pids = 7;
  limits.timeout = milliseconds(3000);
  SandboxSpec spec = sandbox_spec(command(), nginx(), limits, 5);
  CHECK(spec.profile == SandboxProfile::kService);
  CHECK(spec.root == 5);
  CHECK(spec.argv == std::vector<std::string>{"nginx", "-t"});
  CHECK(spec.env == nginx().env);
  CHECK(spec.user == "app");
  CHECK(spec.working_directory == "/srv");
  CHECK(spec.limits.memory == 64 << 20);
  CHECK(spec.limits.pids == 7);
  CHECK(spec.limits.wall == milliseconds(3000));
  CHECK_FALSE(spec.probe);
}

TEST_CASE("a network test starts the image's program and probes it") {
  SmokeTest test = page();
  test.timeout = milliseconds(1500);
  SandboxSpec spec = sandbox_spec(test, nginx(), {}, 5);
  CHECK(spec.argv == std::vector<std::string>{"nginx", "-g", "daemon off;"});
  CHECK(spec.stop_signal == "SIGQUIT");
  REQUIRE(spec.probe);
  CHECK(spec.probe->port == 8080);
  CHECK(spec.probe->http_path == "/x");
  CHECK(spec.probe->http_host == "127.0.0.1:8080");
  CHECK(spec.probe->expected_status == 404);
  CHECK(spec.probe->deadline == milliseconds(1500));
  CHECK(spec.limits.wall > spec.probe->deadline);

  SmokeTest port;
  port.tcp = 53;
  spec = sandbox_spec(port, nginx(), {}, 5);
  REQUIRE(spec.probe);
  CHECK(spec.probe->port == 53);
  CHECK(spec.probe->http_path.empty());
}

TEST_CASE("a network test of an image without a program fails without a box") {
  FakeSandbox sandbox;
  TestReport report = run_tests({page()}, ImageOptions{}, {}, -1, sandbox, [](std::string_view) {});
  CHECK(sandbox.specs.empty());
  REQUIRE(report.outcomes.size() == 1);
  CHECK_FALSE(report.passed());
  CHECK(report.outcomes[0].name == "serves");
  CHECK(report.outcomes[0].expectation == "the image starts a service");
}

TEST_CASE("all tests run, in order, and weaknesses are told once") {
  FakeSandbox sandbox;
  sandbox.result.end = SandboxResult::End::kExited;
  sandbox.result.degraded = {"no memory limit"};
  SmokeTest failing = command();
  failing.exit = 1;
  std::vector<std::string> told;
  TestReport report = run_tests({failing, command()}, nginx(), {}, -1, sandbox,
                                [&](std::string_view text) { told.emplace_back(text); });
  REQUIRE(report.outcomes.size() == 2);
  CHECK_FALSE(report.outcomes[0].passed);
  CHECK(report.outcomes[1].passed);
  CHECK_FALSE(report.passed());
  CHECK(report.degraded == std::vector<std::string>{"no memory limit"});
  CHECK(told == std::vector<std::string>{"test config", "test config"});
}

TEST_CASE("a test survives the way to the worker") {
  SmokeTest test = page();
  test.exit = 4;
  test.out = {"a", "b", "c"};
  test.err.contains = "\xc3\xa9";
  test.body.matches = "x";
  test.timeout = milliseconds(42);
  SmokeTest back = smoke_test_from_json(parse_json(compact_json(smoke_test_to_json(test)), "test"));
  CHECK(smoke_test_to_json(back) == smoke_test_to_json(test));
  CHECK(back.timeout == milliseconds(42));
  CHECK(back.out.matches == "c");
  CHECK_FALSE(smoke_test_from_json(smoke_test_to_json(command())).timeout);

  Limits limits{1 << 20, 3, milliseconds(5)};
  CHECK(limits_to_json(limits_from_json(limits_to_json(limits))) == limits_to_json(limits));
}

}  // namespace
}  // namespace bootstrap
