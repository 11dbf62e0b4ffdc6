#include "smoke/smoke.h"

#include "base/error.h"
#include "support/catch.h"
#include "support/payload_image.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

SmokeTest command(std::vector<std::string> argv) {
  SmokeTest test;
  test.name = argv.back();
  test.run = std::move(argv);
  return test;
}

SmokeTest page(const std::string& url) {
  SmokeTest test;
  test.name = url;
  test.http = url;
  test.timeout = milliseconds(5000);
  return test;
}

ImageOptions server() {
  ImageOptions options;
  options.entrypoint = {"payload", "serve"};
  options.cmd = {"80", "200", "welcome", "0", "close"};
  return options;
}

TestReport run(const PayloadImage& image, const std::vector<SmokeTest>& tests) {
  return run_smoke_tests(image.layout, image.manifest, tests, Limits{}, BOOTSTRAP_WORKER, {});
}

TEST_CASE("a good image passes, whatever its layers are compressed with") {
  for (Compression compression : {Compression::kGzip, Compression::kZstd}) {
    PayloadImage image(server(), compression);
    SmokeTest says = command({"payload", "say", "hello\n", "careful"});
    says.out.equals = "hello";
    says.err.contains = "care";
    SmokeTest exits = command({"payload", "exit", "3"});
    exits.exit = 3;
    SmokeTest serves = page("http://127.0.0.1/");
    serves.body.contains = "welcome";
    SmokeTest listens;
    listens.name = "listens";
    listens.tcp = 80;
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
  SmokeTest wrong_body = page("http://127.0.0.1/");
  wrong_body.body.contains = "farewell";
  SmokeTest closed;
  closed.name = "closed";
  closed.tcp = 81;
  closed.timeout = milliseconds(200);
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
  SmokeTest identity = command({"payload", "identity"});
  identity.out.contains = "10001:10002";
  SmokeTest surroundings = command({"payload", "surroundings"});
  surroundings.out.matches = "cwd /usr\n[^]*env GREETING=hi";
  TestReport report = run(image, {identity, surroundings, page("http://127.0.0.1:80/")});
  INFO(canonical_json(to_json(report)));
  CHECK(report.passed());
}

TEST_CASE("one test does not see what another one wrote") {
  PayloadImage image(server());
  SmokeTest first = command({"payload", "write", "/etc/left"});
  first.out.contains = "/etc/left OK";
  SmokeTest second = command({"payload", "read", "/etc/left"});
  second.exit = 1;
  second.out.contains = "ENOENT";
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

TEST_CASE("no tests need no worker") {
  PayloadImage image(server());
  CHECK(run_smoke_tests(image.layout, image.manifest, {}, Limits{}, "/nonexistent", {}).passed());
}

}  // namespace
}  // namespace bootstrap
