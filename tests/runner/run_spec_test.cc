#include "runner/run_spec.h"

#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

using Argv = std::vector<std::string>;

ImageOptions nginx() {
  ImageOptions image;
  image.entrypoint = {"nginx"};
  image.cmd = {"-g", "daemon off;"};
  image.env = {{"PATH", "/bin"}, {"LANG", "C.UTF-8"}};
  image.user = "app";
  image.workdir = "/srv";
  image.stop_signal = "SIGQUIT";
  return image;
}

TEST_CASE("which program runs") {
  RunRequest request;
  SECTION("the image's own") {
    CHECK(run_spec(request, nginx()).argv == Argv{"nginx", "-g", "daemon off;"});
  }
  SECTION("a command takes the place of cmd") {
    request.command = {"-t"};
    CHECK(run_spec(request, nginx()).argv == Argv{"nginx", "-t"});
  }
  SECTION("a new entrypoint does away with cmd") {
    request.replace_entrypoint = true;
    request.entrypoint = {"sh"};
    CHECK(run_spec(request, nginx()).argv == Argv{"sh"});
    request.command = {"-c", "id"};
    CHECK(run_spec(request, nginx()).argv == Argv{"sh", "-c", "id"});
  }
  SECTION("none") {
    CHECK_THROWS_AS(run_spec(request, ImageOptions{}), Error);
    request.replace_entrypoint = true;
    CHECK_THROWS_AS(run_spec(request, nginx()), Error);
  }
}

TEST_CASE("the request is laid over the image's config") {
  RunRequest request;
  SandboxSpec plain = run_spec(request, nginx());
  CHECK(plain.env == nginx().env);
  CHECK(plain.user == "app");
  CHECK(plain.working_directory == "/srv");
  CHECK(plain.stop_signal == "SIGQUIT");
  CHECK(plain.stdio == Stdio::kInherited);
  CHECK_FALSE(plain.read_only);

  request.env = {{"LANG", "C"}, {"DEBUG", "1"}};
  request.user = "root";
  request.workdir = "/";
  request.read_only = true;
  request.limits.timeout = std::chrono::milliseconds(0);
  SandboxSpec changed = run_spec(run_request_from_json(run_request_to_json(request)), nginx());
  CHECK(changed.env == std::map<std::string, std::string>{{"PATH", "/bin"}, {"LANG", "C"}, {"DEBUG", "1"}});
  CHECK(changed.user == "root");
  CHECK(changed.working_directory == "/");
  CHECK(changed.read_only);
  CHECK(changed.limits.wall.count() == 0);
}

TEST_CASE("exit codes are those of a shell") {
  SandboxResult result;
  result.end = SandboxResult::End::kExited;
  result.exit_code = 42;
  CHECK(exit_code(result) == 42);
  result.end = SandboxResult::End::kSignalled;
  result.exit_code = 139;
  CHECK(exit_code(result) == 139);
  result.end = SandboxResult::End::kNotStarted;
  result.exit_code = 127;
  CHECK(exit_code(result) == 127);
  result.end = SandboxResult::End::kTimeout;
  CHECK(exit_code(result) == 124);
  result.end = SandboxResult::End::kOutOfMemory;
  CHECK(exit_code(result) == 137);
}

}  // namespace
}  // namespace bootstrap
