#include "smoke/smoke.h"

#include <algorithm>

#include "base/error.h"
#include "support/catch.h"
#include "support/payload_image.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

SmokeTest command(std::vector<std::string> argv, TextExpectation out = {}, int exit = 0) {
  CommandTest test;
  test.argv = std::move(argv);
  test.out = std::move(out);
  test.exit = exit;
  return {test.argv.back(), test, {}};
}

SmokeTest page(const std::string& url, TextExpectation body = {}) {
  HttpTest test;
  test.url = url;
  test.body = std::move(body);
  return {url, test, milliseconds(5000)};
}

TextExpectation containing(std::string text) {
  TextExpectation expectation;
  expectation.contains = std::move(text);
  return expectation;
}

TextExpectation matching(std::string pattern) {
  TextExpectation expectation;
  expectation.matches = {std::move(pattern)};
  return expectation;
}

ImageOptions server() {
  ImageOptions options;
  options.entrypoint = {"payload", "serve"};
  options.cmd = {"80", "200", "welcome", "0", "close"};
  return options;
}

TestReport run(const PayloadImage& image, const std::vector<SmokeTest>& tests) {
  return run_smoke_tests(image.layout, image.manifest, tests, {}, BOOTSTRAP_WORKER, {});
}

TEST_CASE("a good image passes, whatever its layers are compressed with") {
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    PayloadImage image(server(), compression);
    SmokeTest says = command({"payload", "say", "hello\n", "careful"}, containing("hello"));
    std::get<CommandTest>(says.kind).err.contains = "care";
    const SmokeTest exits = command({"payload", "exit", "3"}, {}, 3);
    const SmokeTest serves = page("http://127.0.0.1/", containing("welcome"));
    const SmokeTest listens{"listens", TcpTest{80}, {}};
    TestReport report = run(image, {says, exits, serves, listens});
    INFO(canonical_json(to_json(report)));
    CHECK(report.passed());
    REQUIRE(report.outcomes.size() == 4);
    CHECK(report.outcomes[0].wall.count() > 0);
    CHECK(report.outcomes[2].ready.count() > 0);
  }
}

TEST_CASE("a failure says what was expected and what there was") {
  PayloadImage image(server());
  SmokeTest wrong_body = page("http://127.0.0.1/", containing("farewell"));
  wrong_body.timeout = milliseconds(300);
  const SmokeTest closed{"closed", TcpTest{81}, milliseconds(200)};
  SmokeTest slow = command({"payload", "hang"});
  slow.timeout = milliseconds(200);
  TestReport report =
      run(image, {wrong_body, closed, slow, command({"nonesuch"}), command({"payload", "raise", "11"})});
  REQUIRE(report.outcomes.size() == 5);
  CHECK_FALSE(report.passed());
  CHECK(report.outcomes[0].expectation == "body contains \"farewell\"");
  CHECK(report.outcomes[0].actual == "\"welcome\"");
  CHECK(report.outcomes[1].expectation == "accepts connections on port 81");
  CHECK_FALSE(report.outcomes[1].actual.empty());
  CHECK(report.outcomes[2].expectation == "exits with 0");
  CHECK(report.outcomes[2].output_end == "started\n");
  CHECK_FALSE(report.outcomes[3].passed);
  CHECK(report.outcomes[4].actual.find("SIGSEGV") != std::string::npos);
}

TEST_CASE("tests run as the image's user, in its folder and environment") {
  ImageOptions options = server();
  options.user = "app";
  options.workdir = "/usr";
  options.env = {{"GREETING", "hi"}};
  PayloadImage image(options);
  const SmokeTest identity = command({"payload", "identity"}, containing("10001:10002"));
  const SmokeTest surroundings =
      command({"payload", "surroundings"}, matching("cwd /usr\n[^]*env GREETING=hi"));
  TestReport report = run(image, {identity, surroundings, page("http://127.0.0.1:80/")});
  INFO(canonical_json(to_json(report)));
  CHECK(report.passed());
}

TEST_CASE("one test does not see what another one wrote") {
  PayloadImage image(server());
  const SmokeTest first = command({"payload", "write", "/etc/left"}, containing("/etc/left OK"));
  const SmokeTest second = command({"payload", "read", "/etc/left"}, containing("ENOENT"), 1);
  TestReport report = run(image, {first, second});
  INFO(canonical_json(to_json(report)));
  CHECK(report.passed());
}

TEST_CASE("a damaged image is not tested") {
  PayloadImage image(server());
  Layer layer = image.layout.manifest(image.manifest).layers[0];
  std::string blob = read_file(image.layout.blob_path(layer.digest));
  blob[blob.size() / 2] ^= 1;
  write_file(image.layout.blob_path(layer.digest), blob, Durability::kCache);
  try {
    run(image, {command({"payload", "exit", "0"})});
    FAIL("it was tested");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    CHECK(error.message().find("it is not what its digest says") != std::string::npos);
  }
}

TEST_CASE("commands beside the service, ports, and looks at the image") {
  PayloadImage image(server());
  CommandTest beside;
  beside.argv = {"payload", "exit", "7"};
  beside.beside_service = true;
  beside.exit = 7;
  FileTest program;
  program.path = "/usr/bin/payload";
  program.mode = 0755;
  program.user = "root";
  FileTest passwd;
  passwd.path = "/etc/passwd";
  passwd.content.contains = "app:x:10001";
  const std::vector<SmokeTest> tests = {{"beside", beside, {}},
                                        {"ports", PortsTest{{"80/tcp"}}, {}},
                                        {"program", program, {}},
                                        {"accounts", passwd, {}},
                                        {"app", UserTest{"app", 10001, 10002, "/", {}}, {}},
                                        {"no setuid", NoSetuidTest{}, {}},
                                        {"read-only", ReadOnlyTest{}, {}}};
  TestReport report = run(image, tests);
  INFO(canonical_json(to_json(report)));
  CHECK(report.passed());
  CHECK(report.outcomes.at(1).usage.ports == std::vector<std::string>{"80/tcp"});
  CHECK(report.outcomes.at(1).usage.pids_peak >= 1);

  beside.exit = 0;
  report = run(image, {{"beside", beside, milliseconds(300)},
                       {"ports", PortsTest{{"81/tcp"}}, milliseconds(300)},
                       {"nobody", UserTest{"nobody", {}, {}, {}, {}}, {}}});
  CHECK(report.outcomes.at(0).actual == "exited with 7");
  CHECK(report.outcomes.at(1).actual == "it listens on 80/tcp");
  CHECK(report.outcomes.at(2).actual == "/etc/passwd has none");
}

TEST_CASE("what a test writes is told, and a read-only root keeps it from writing") {
  PayloadImage image(server());
  const SmokeTest writes = command({"payload", "write", "/etc/left"}, containing("/etc/left OK"));
  const std::vector<SmokeTest> tests = {
      writes, {"read-only", ReadOnlyTest{}, {}}, {"but for /etc", ReadOnlyTest{{"/etc"}}, {}}};
  TestReport report = run(image, tests);
  INFO(canonical_json(to_json(report)));
  CHECK(report.outcomes.at(0).usage.written == std::vector<std::string>{"/etc/left"});
  CHECK_FALSE(report.outcomes.at(1).passed);
  CHECK(report.outcomes.at(1).expectation.starts_with("/etc/left: "));
  CHECK(report.outcomes.at(2).passed);
}

TEST_CASE("system calls are seen, and capabilities can be taken away") {
  PayloadImage image(server());
  TestConditions conditions;
  conditions.known_calls.emplace();
  conditions.capabilities = 0;
  const SmokeTest serves = page("http://127.0.0.1/");
  TestReport report =
      run_smoke_tests(image.layout, image.manifest, {serves}, conditions, BOOTSTRAP_WORKER, {});
  REQUIRE(report.passed());
  const Usage& usage = report.outcomes.at(0).usage;
  CHECK(usage.capabilities.empty());
  for (const char* call : {"execve", "accept", "listen"})
    CHECK(std::count(usage.calls.begin(), usage.calls.end(), call) == 1);
  CHECK(std::count(usage.calls.begin(), usage.calls.end(), "ptrace") == 0);
}

TEST_CASE("no tests need no worker") {
  PayloadImage image(server());
  CHECK(run_smoke_tests(image.layout, image.manifest, {}, {}, "/nonexistent", {}).passed());
}

}  // namespace
}  // namespace bootstrap
