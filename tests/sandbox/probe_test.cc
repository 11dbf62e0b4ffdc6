// Probing services from inside their box.
#include <csignal>
#include <future>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;
using End = SandboxResult::End;

namespace {

Json probe(const std::vector<std::string>& service, const Json& question,
           const Json& options = Json::object()) {
  Json all = options;
  all["probe"] = question;
  return run_service(service, all);
}

}  // namespace

TEST_CASE("a TCP probe holds when the port accepts, and the service is then stopped") {
  Json result = probe({"serve", "80", "200", "hello", "0", "close"}, {{"port", 80}}, {{"user", "1000"}});
  CHECK(end_of(result) == End::kStopped);
  CHECK(result.at("probe").at("connected") == true);
  CHECK(result.at("probe").at("problem") == "");
  CHECK(result.at("exit_code") == 128 + SIGTERM);
}

TEST_CASE("services side by side may have the same port") {
  std::vector<std::future<Json>> runs;
  for (int i = 0; i < 3; ++i) {
    runs.push_back(std::async(std::launch::async, [] {
      return probe({"serve", "80", "200", "hello", "0", "close"}, {{"port", 80}});
    }));
  }
  for (std::future<Json>& run : runs) {
    const Json result = run.get();
    CHECK(result.at("probe").at("problem") == "");
    CHECK(result.at("probe").at("connected") == true);
  }
}

TEST_CASE("an HTTP probe gets status and body") {
  for (const char* how : {"close", "length"}) {
    CAPTURE(how);
    Json result = probe({"serve", "8080", "404", "no such thing", "0", how},
                        {{"port", 8080}, {"path", "/a?b=c"}, {"host", "web.example"}});
    CHECK(end_of(result) == End::kStopped);
    CHECK(result.at("probe").at("status") == 404);
    CHECK(result.at("probe").at("body") == "no such thing");
    CHECK(result.at("probe").at("problem") == "");
    CHECK(out_of(result).starts_with("GET /a?b=c HTTP/1.0\r\nHost: web.example\r\n"));
  }
}

TEST_CASE("another status than the expected one is asked again") {
  Json recovers =
      probe({"serve", "80", "200", "up", "3", "close"}, {{"port", 80}, {"path", "/"}, {"status", 200}});
  CHECK(recovers.at("probe").at("status") == 200);
  CHECK(recovers.at("probe").at("body") == "up");
  CHECK(recovers.at("probe").at("problem") == "");
  Json never = probe({"serve", "80", "500", "down", "0", "close"},
                     {{"port", 80}, {"path", "/"}, {"status", 200}, {"deadline_ms", 2000}});
  CHECK(end_of(never) == End::kStopped);
  CHECK(never.at("probe").at("status") == 500);
  CHECK(never.at("probe").at("body") == "down");
  CHECK(never.at("probe").at("problem") == "status 500 instead of 200 for 2.0 s");
}

TEST_CASE("a port where nobody listens is refused until the deadline") {
  Json result = probe({"hang"}, {{"port", 80}, {"deadline_ms", 2000}});
  CHECK(end_of(result) == End::kStopped);
  CHECK(result.at("probe").at("connected") == false);
  CHECK(result.at("probe").at("problem") == "connection refused for 2.0 s");
}

TEST_CASE("a service that ends before the probe holds is said to have done so") {
  Json exited = probe({"exit", "3"}, {{"port", 80}});
  CHECK(end_of(exited) == End::kExited);
  CHECK(exited.at("exit_code") == 3);
  CHECK(exited.at("probe").at("problem") == "the service exited with 3");
  Json killed = probe({"raise", std::to_string(SIGABRT)}, {{"port", 80}});
  CHECK(end_of(killed) == End::kSignalled);
  CHECK(killed.at("probe").at("problem") == "the service was killed by SIGABRT");
}

TEST_CASE("what is not HTTP is no answer") {
  // The status makes the line "HTTP/1.1 nonsense X".
  Json result = probe({"serve", "80", "nonsense", "x", "0", "close"},
                      {{"port", 80}, {"path", "/"}, {"deadline_ms", 2000}});
  CHECK(result.at("probe").at("connected") == true);
  CHECK(result.at("probe").at("status") == 0);
  CHECK(result.at("probe").at("problem") == "an answer that is not HTTP for 2.0 s");
}

TEST_CASE("an answer that never ends is given up at the deadline") {
  Json result = probe({"serve", "80", "200", "hello", "0", "never"},
                      {{"port", 80}, {"path", "/"}, {"deadline_ms", 2000}});
  CHECK(end_of(result) == End::kStopped);
  CHECK(result.at("probe").at("connected") == true);
  CHECK(result.at("probe").at("problem") == "no complete answer for 2.0 s");
}

TEST_CASE("an answer shorter than it says is none") {
  Json result = probe({"serve", "80", "200 X\r\nContent-Length: 100\r\nA:", "short", "0", "close"},
                      {{"port", 80}, {"path", "/"}, {"deadline_ms", 2000}});
  CHECK(result.at("probe").at("problem") == "an answer that ends too early for 2.0 s");
}
