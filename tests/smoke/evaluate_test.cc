#include "smoke/evaluate.h"

#include <ostream>
#include <string>

#include "support/catch.h"

namespace bootstrap {
namespace {

using End = SandboxResult::End;

/// A test of one kind, whose details can be changed in place.
template <typename Kind>
struct Test {
  Kind kind;
  operator SmokeTest() const { return {"config", kind, {}}; }
  Kind* operator->() { return &kind; }
};

Test<CommandTest> run_test() {
  Test<CommandTest> test;
  test->argv = {"nginx", "-t"};
  return test;
}

Test<CommandTest> exec_test() {
  Test<CommandTest> test = run_test();
  test->beside_service = true;
  return test;
}

Test<HttpTest> http_test() {
  Test<HttpTest> test;
  test->url = "http://127.0.0.1:80/";
  return test;
}

SandboxResult exited(int code, std::string out = {}, std::string err = {}) {
  SandboxResult result;
  result.end = End::kExited;
  result.exit_code = code;
  result.out = std::move(out);
  result.err = std::move(err);
  return result;
}

SandboxResult answered(int status, std::string body = {}) {
  SandboxResult result;
  result.end = End::kStopped;
  result.probe.emplace();
  result.probe->connected = true;
  result.probe->status = status;
  result.probe->body = std::move(body);
  result.probe->after = std::chrono::microseconds(800);
  return result;
}

struct Verdict {
  std::string expectation;
  std::string actual;
  friend bool operator==(const Verdict&, const Verdict&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << verdict.expectation << " / " << verdict.actual;
  }
};
const Verdict kPassed{};

Verdict verdict(const SmokeTest& test, const SandboxResult& result) {
  TestOutcome outcome = evaluate(test, result);
  CHECK(outcome.name == test.name);
  CHECK(outcome.passed == outcome.expectation.empty());
  return {outcome.expectation, outcome.actual};
}

TEST_CASE("the exit code of a command") {
  Test<CommandTest> test = run_test();
  CHECK(verdict(test, exited(0)) == kPassed);
  CHECK(verdict(test, exited(1)) == Verdict{"exits with 0", "exited with 1"});
  test->exit = 3;
  CHECK(verdict(test, exited(3)) == kPassed);
  CHECK(verdict(test, exited(0)) == Verdict{"exits with 3", "exited with 0"});
}

TEST_CASE("a command that does not end by itself") {
  Test<CommandTest> test = run_test();
  SandboxResult result = exited(139);
  result.end = End::kSignalled;
  result.problem = "killed by SIGSEGV";
  CHECK(verdict(test, result) == Verdict{"exits with 0", "killed by SIGSEGV"});
  test->exit = 139;
  CHECK(verdict(test, result) == kPassed);

  // However it was ended, a timeout is no success.
  test->exit = 0;
  const std::pair<End, std::string> ends[] = {
      {End::kTimeout, "why"},
      {End::kOutputLimit, "why"},
      {End::kNotStarted, "why"},
      {End::kOutOfMemory, "why (limits: {memory: ...} allows more)"},
      {End::kOutOfProcesses, "why (limits: {pids: ...} allows more)"}};
  for (const auto& [end, actual] : ends) {
    result = exited(0);
    result.end = end;
    result.problem = "why";
    CHECK(verdict(test, result) == Verdict{"exits with 0", actual});
  }
}

TEST_CASE("what a command writes") {
  Test<CommandTest> test = run_test();
  SECTION("contains") {
    test->err.contains = "syntax is ok";
    CHECK(verdict(test, exited(0, "", "nginx: syntax is ok\n")) == kPassed);
    CHECK(verdict(test, exited(0, "syntax is ok", "no")) ==
          Verdict{"stderr contains \"syntax is ok\"", "\"no\""});
  }
  SECTION("equals, but for the newline at the end") {
    test->out.equals = "1.22";
    CHECK(verdict(test, exited(0, "1.22")) == kPassed);
    CHECK(verdict(test, exited(0, "1.22\n")) == kPassed);
    CHECK(verdict(test, exited(0, "1.22\n\n")) == Verdict{"stdout equals \"1.22\"", "\"1.22\\n\\n\""});
    CHECK(verdict(test, exited(0)) == Verdict{"stdout equals \"1.22\"", "nothing"});
  }
  SECTION("matches") {
    test->out.matches = {"v[0-9]+\\.[0-9]+"};
    CHECK(verdict(test, exited(0, "nginx v1.22 built")) == kPassed);
    CHECK(verdict(test, exited(0, "v1")) == Verdict{"stdout matches \"v[0-9]+\\.[0-9]+\"", "\"v1\""});
  }
  SECTION("all conditions must hold") {
    test->out.contains = "a";
    test->out.matches = {"b"};
    CHECK(verdict(test, exited(0, "ab")) == kPassed);
    CHECK(verdict(test, exited(0, "a")) == Verdict{"stdout matches \"b\"", "\"a\""});
  }
  SECTION("the exit code comes first") {
    test->out.contains = "a";
    CHECK(verdict(test, exited(2, "b")) == Verdict{"exits with 0", "exited with 2"});
  }
}

TEST_CASE("a long line does not overflow the matcher's stack") {
  Test<CommandTest> test = run_test();
  test->out.matches = {"(a|b)*c"};
  CHECK(verdict(test, exited(0, std::string(1 << 20, 'a') + "c")) == kPassed);
}

TEST_CASE("http answers") {
  Test<HttpTest> test = http_test();
  test->body.contains = "nginx";
  CHECK(verdict(test, answered(200, "Welcome to nginx!")) == kPassed);
  CHECK(verdict(test, answered(200, "Apache")) == Verdict{"body contains \"nginx\"", "\"Apache\""});
  CHECK(verdict(test, answered(503)) == Verdict{"http://127.0.0.1:80/ answers with 200", "status 503"});
  test->body = {};
  test->status = 404;
  CHECK(verdict(test, answered(404)) == kPassed);
  CHECK(evaluate(test, answered(404)).ready.count() == 800);
}

TEST_CASE("a service that does not answer") {
  Test<HttpTest> test = http_test();
  SandboxResult result = exited(1);
  result.probe = ProbeResult{};
  result.probe->problem = "the service exited with 1";
  CHECK(verdict(test, result) ==
        Verdict{"http://127.0.0.1:80/ answers with 200", "the service exited with 1"});
  result.probe.reset();
  result.end = End::kOutOfMemory;
  result.problem = "it needed more memory than 64 MiB";
  CHECK(verdict(test, result).actual ==
        "it needed more memory than 64 MiB (limits: {memory: ...} allows more)");
}

TEST_CASE("a service that was killed for want of memory, whole or in part") {
  Test<HttpTest> test = http_test();
  SandboxResult result = exited(137);
  result.probe = ProbeResult{};
  result.problem = "needed more than 64 MiB";
  const std::string told = "needed more than 64 MiB (limits: {memory: ...} allows more)";
  SECTION("whole") {
    result.end = End::kOutOfMemory;
    result.probe->problem = "the service was killed by SIGKILL";
    CHECK(verdict(test, result).actual == told);
  }
  SECTION("in part") {
    result.end = End::kStopped;
    result.probe->problem = "connection refused";
    CHECK(verdict(test, result).actual == "connection refused; " + told);
  }
}

TEST_CASE("open ports") {
  const SmokeTest test{"listens", TcpTest{80}, {}};
  CHECK(verdict(test, answered(0)) == kPassed);
  SandboxResult result = answered(0);
  result.probe->connected = false;
  result.probe->problem = "connection refused for 10.0 s";
  CHECK(verdict(test, result) == Verdict{"accepts connections on port 80", "connection refused for 10.0 s"});
}

TEST_CASE("headers and values of an answer") {
  Test<HttpTest> test = http_test();
  test->answer_headers["content-type"].contains = "json";
  test->json["/items/0/n"] = 3;
  SandboxResult result = answered(200, R"({"items": [{"n": 3}]})");
  CHECK(verdict(test, result) == Verdict{"the answer has a header content-type", "it has none"});
  result.probe->header = "Server: x\r\nContent-Type:  application/json \r\n";
  CHECK(verdict(test, result) == kPassed);
  result.probe->body = R"({"items": [{"n": "3"}]})";
  CHECK(verdict(test, result) == Verdict{"/items/0/n of the body is 3", "\"\"3\"\""});
  result.probe->body = "{}";
  CHECK(verdict(test, result).actual == "there is no such value");
  result.probe->body = "<html>";
  CHECK(verdict(test, result).expectation == "the body is JSON");
}

TEST_CASE("a command beside the service") {
  Test<CommandTest> test = exec_test();
  test->out.contains = "accepting";
  SandboxResult result = answered(0);
  result.probe->exit_code = 0;
  result.probe->out = "accepting connections\n";
  CHECK(verdict(test, result) == kPassed);
  result.probe->exit_code = 2;
  result.probe->err = "no response";
  CHECK(verdict(test, result).actual == "exited with 2: \"no response\"");
  result.probe->exit_code = -1;
  result.probe->problem = "the service exited with 1";
  CHECK(verdict(test, result).actual == "the service exited with 1");
}

TEST_CASE("exactly the expected ports") {
  const SmokeTest test{"ports", PortsTest{{"80/tcp", "53/udp"}}, {}};
  SandboxResult result = answered(0);
  result.probe->ports = {"53/udp", "80/tcp"};
  CHECK(verdict(test, result) == kPassed);
  result.probe->ports = {"53/udp", "80/tcp", "9000/tcp"};
  CHECK(verdict(test, result) ==
        Verdict{"listens on exactly 80/tcp, 53/udp", "it listens on 53/udp, 80/tcp, 9000/tcp"});
  const SmokeTest none{"ports", PortsTest{}, {}};
  result.probe->ports.clear();
  result.probe->problem = "the service exited with 0";
  CHECK(!verdict(none, result).expectation.empty());
}

TEST_CASE("what must not be found") {
  Test<CommandTest> test = run_test();
  test->err.excludes = {"warn", "error"};
  CHECK(verdict(test, exited(0, "error")) == kPassed);
  CHECK(verdict(test, exited(0, "", "an error")) ==
        Verdict{"stderr does not match \"error\"", "\"an error\""});
}

TEST_CASE("only a failure shows the end of the output, fit for a terminal") {
  Test<CommandTest> test = run_test();
  std::string out;
  for (int i = 1; i <= 30; ++i)
    out += "line " + std::to_string(i) + "\n";
  CHECK(evaluate(test, exited(0, out)).output_end.empty());
  std::string end = evaluate(test, exited(1, out, "\x1b[31mfatal\n")).output_end;
  CHECK(end.starts_with("line 17\n"));
  CHECK(end.ends_with("line 30\n\\x1b[31mfatal\n"));
  CHECK(evaluate(test, exited(1, std::string(100000, 'x'))).output_end.size() == 4096);
}

}  // namespace
}  // namespace bootstrap
