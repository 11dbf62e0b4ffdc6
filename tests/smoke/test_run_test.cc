#include "smoke/test_run.h"

#include "base/error.h"
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

SmokeTest command(int exit = 0) {
  CommandTest test;
  test.argv = {"nginx", "-t"};
  test.exit = exit;
  return {"config", test, {}};
}

SmokeTest page() {
  HttpTest test;
  test.url = "http://127.0.0.1:8080/x";
  test.status = 404;
  return {"serves", test, {}};
}

TestSubject subject(ImageOptions options = nginx()) {
  return {Json::object(), std::move(options), 5};
}

TEST_CASE("a command runs as the image would, instead of its program") {
  Limits limits;
  limits.memory = 64 << 20;
  limits.pids = 7;
  limits.timeout = milliseconds(3000);
  const SmokeTest test = command();
  SandboxSpec spec = sandbox_spec(test, subject(), {limits, {}, {}});
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
  SandboxSpec spec = sandbox_spec(test, subject(), {});
  CHECK(spec.argv == std::vector<std::string>{"nginx", "-g", "daemon off;"});
  CHECK(spec.stop_signal == "SIGQUIT");
  REQUIRE(spec.probe);
  const auto& http = std::get<HttpProbe>(spec.probe->question);
  CHECK(http.port == 8080);
  CHECK(http.path == "/x");
  CHECK(http.host == "127.0.0.1:8080");
  ProbeResult answer;
  answer.status = 200;
  CHECK(spec.probe->judge(answer) == "status 200");
  answer.status = 404;
  CHECK(spec.probe->judge(answer).empty());
  CHECK(spec.probe->deadline == milliseconds(1500));
  CHECK(spec.limits.wall > spec.probe->deadline);

  const SmokeTest port{"port", TcpTest{53}, {}};
  spec = sandbox_spec(port, subject(), {});
  REQUIRE(spec.probe);
  CHECK(std::get<TcpProbe>(spec.probe->question).port == 53);
}

TEST_CASE("a network test of an image without a program fails without a box") {
  FakeSandbox sandbox;
  TestReport report = run_tests({page()}, subject(ImageOptions{}), {}, sandbox, [](std::string_view) {});
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
  const SmokeTest failing = command(1);
  std::vector<std::string> told;
  TestReport report = run_tests({failing, command()}, subject(), {}, sandbox,
                                [&](std::string_view text) { told.emplace_back(text); });
  REQUIRE(report.outcomes.size() == 2);
  CHECK_FALSE(report.outcomes[0].passed);
  CHECK(report.outcomes[1].passed);
  CHECK_FALSE(report.passed());
  CHECK(report.degraded == std::vector<std::string>{"no memory limit"});
  CHECK(told == std::vector<std::string>{"test config", "test config"});
}

SmokeTest there_and_back(const SmokeTest& test) {
  SmokeTest back = smoke_test_from_json(parse_json(compact_json(smoke_test_to_json(test)), "test"));
  CHECK(smoke_test_to_json(back) == smoke_test_to_json(test));
  CHECK(back.kind.index() == test.kind.index());
  return back;
}

TEST_CASE("a test survives the way to the worker") {
  SmokeTest test = command(4);
  std::get<CommandTest>(test.kind).out = {"a", "b", {"c"}, {"d"}};
  std::get<CommandTest>(test.kind).err.contains = "\xc3\xa9";
  test.timeout = milliseconds(42);
  const SmokeTest back = there_and_back(test);
  CHECK(back.timeout == milliseconds(42));
  CHECK(std::get<CommandTest>(back.kind).out.matches == std::vector<std::string>{"c"});
  CHECK_FALSE(there_and_back(command()).timeout);

  HttpTest http;
  http.answer_headers["a"].contains = "b";
  http.json["/c"] = 1;
  CHECK(std::get<HttpTest>(there_and_back({"h", http, {}}).kind).answer_headers.at("a").contains == "b");
  FileTest file;
  file.executable_by = FileTest::Executor::kOthers;
  CHECK(std::get<FileTest>(there_and_back({"f", file, {}}).kind).executable_by == file.executable_by);
  MetadataTest metadata;
  metadata.cmd.emplace();
  CHECK(std::get<MetadataTest>(there_and_back({"m", metadata, {}}).kind).cmd);
  there_and_back({"p", PortsTest{{"80/tcp"}}, {}});
  there_and_back({"r", ReadOnlyTest{{"/x"}}, {}});
  CHECK_THROWS_AS(smoke_test_from_json({{"name", "x"}, {"kind", "y"}, {"test", Json::object()}}), Error);

  Limits limits{1 << 20, 3, milliseconds(5)};
  CHECK(limits_to_json(limits_from_json(limits_to_json(limits))) == limits_to_json(limits));
}

}  // namespace
}  // namespace bootstrap
