#include "runner/run.h"

#include <unistd.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/payload_image.h"

namespace bootstrap {
namespace {

using std::chrono::milliseconds;

ImageOptions payload() {
  ImageOptions options;
  options.entrypoint = {"payload"};
  options.cmd = {"exit", "5"};
  return options;
}

int run(const PayloadImage& image, const RunRequest& request) {
  const RunPlaces places{BOOTSTRAP_WORKER, image.directory.path() / "trees", {}};
  return run_image(image.layout, image.manifest, request, places).exit_code;
}

/// What is written to our standard output while `action` runs.
template <typename Action>
std::string output_of(Action action) {
  TemporaryDirectory directory;
  UniqueFd file = open_file(directory.path() / "output", O_RDWR | O_CREAT, 0600);
  UniqueFd saved(::dup(STDOUT_FILENO));
  REQUIRE(::dup2(file.get(), STDOUT_FILENO) >= 0);
  action();
  REQUIRE(::dup2(saved.get(), STDOUT_FILENO) >= 0);
  return read_file(directory.path() / "output");
}

TEST_CASE("the image's program runs and its exit code is ours") {
  PayloadImage image(payload());
  RunRequest request;
  CHECK(run(image, request) == 5);
  request.command = {"raise", "15"};
  CHECK(run(image, request) == 128 + 15);
  request.replace_entrypoint = true;
  request.entrypoint = {"nonesuch"};
  CHECK(run(image, request) == 127);
}

TEST_CASE("the program has our standard output, and the user and environment that were asked for") {
  PayloadImage image(payload());
  RunRequest request;
  request.user = "app";
  request.command = {"identity"};
  CHECK(output_of([&] { CHECK(run(image, request) == 0); }).starts_with("10001:10002"));
  request.env = {{"COLOUR", "blue"}};
  request.workdir = "/usr/bin";
  request.command = {"surroundings"};
  std::string output = output_of([&] { CHECK(run(image, request) == 0); });
  CHECK(output.find("env COLOUR=blue\n") != std::string::npos);
  CHECK(output.find("cwd /usr/bin\n") != std::string::npos);
}

TEST_CASE("a read-only image cannot be written") {
  PayloadImage image(payload());
  RunRequest request;
  request.command = {"write", "/etc/new"};
  CHECK(output_of([&] { run(image, request); }) == "/etc/new OK\n");
  request.read_only = true;
  CHECK(output_of([&] { run(image, request); }) == "/etc/new EROFS\n");
}

TEST_CASE("a run ends when its time is up") {
  PayloadImage image(payload());
  RunRequest request;
  request.command = {"hang"};
  request.limits.timeout = milliseconds(200);
  int code = 0;
  output_of([&] { code = run(image, request); });
  CHECK(code == 124);
}

TEST_CASE("an image without a program needs a command") {
  PayloadImage image(ImageOptions{});
  RunRequest request;
  try {
    run(image, request);
    FAIL("something ran");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(error.hint() == "say what to run: -- COMMAND");
  }
  request.command = {"payload", "exit", "0"};
  CHECK(run(image, request) == 0);
}

}  // namespace
}  // namespace bootstrap
