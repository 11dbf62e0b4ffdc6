#include "sandbox/worker.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/atomic_file.h"
#include "base/error.h"
#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

Json run_job(const std::string& name, const Json& input = Json::object(), std::vector<int> fds = {}) {
  WorkerJob job;
  job.name = name;
  job.input = input;
  job.fds = std::move(fds);
  return run_worker(test_worker(), find_id_range(), job, {});
}

Error error_of(const std::string& name, const Json& input = Json::object()) {
  try {
    run_job(name, input);
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return Error(ErrorKind::kFailure, "");
}

UniqueFd text_fd(const std::string& text) {
  Pipe pipe = make_pipe();
  write_all(pipe.write.get(), text);
  return std::move(pipe.read);
}

}  // namespace

TEST_CASE("a job gets its input and descriptors, and its result comes back") {
  UniqueFd first = text_fd("first");
  UniqueFd second = text_fd("second");
  std::vector<std::string> lines;
  WorkerJob job;
  job.name = "echo";
  job.input = {{"text", "\u00e4\n"}, {"number", 7}};
  // Numbers that the worker's own descriptors have on the other side.
  job.fds = {second.get(), first.get()};
  Json result = run_worker(test_worker(), find_id_range(), job,
                           [&](std::string_view line) { lines.emplace_back(line); });
  CHECK(result.at("input") == job.input);
  CHECK(result.at("fds") == Json({"second", "first"}));
  CHECK(lines == std::vector<std::string>{"half way"});
}

TEST_CASE("a worker is root of its namespaces, and nothing of ours leaks into it") {
  UniqueFd leaked(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ::setenv("SANDBOX_TEST_SECRET", "x", 1);
  Json result = run_job("echo");
  CHECK(result.at("uid") == 0);
  CHECK(result.at("gid") == 0);
  CHECK(result.at("groups") == 0);
  CHECK(result.at("pid") == 1);
  CHECK(result.at("environment") == Json({"LC_ALL", "PATH"}));
  // Standard input, output and error, the result, what stands for three cgroups, and what lists the
  // descriptors.
  CHECK(result.at("open") == 8);
}

TEST_CASE("an error of the job keeps kind, message and hint") {
  Error error = error_of("throw");
  CHECK(error.kind() == ErrorKind::kUntrusted);
  CHECK(error.message() == "the message");
  CHECK(error.hint() == "the hint");
}

TEST_CASE("the death of a worker is an error that says how and shows its last words") {
  CHECK(error_of("crash", {{"exit", 7}}).message() == "the worker (job crash) exited with 7");
  Error error = error_of("crash", {{"segv", true}, {"complaint", "last words\n"}});
  CHECK(error.message() == "the worker (job crash) was killed by SIGSEGV: last words");
}

TEST_CASE("a worker that cannot be executed is an error before anything is started") {
  TemporaryDirectory directory;
  const std::filesystem::path program = directory.path() / "worker";
  CHECK_THROWS_AS(run_worker(program, find_id_range(), {}, {}), Error);
  write_file(program, "not a program", Durability::kCache);
  ::chmod(program.c_str(), 0700);
  try {
    run_worker(program, find_id_range(), {}, {});
    FAIL("it ran");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kSandbox);
    CHECK(error.hint() == "chmod o+rx " + program.string());
  }
}

TEST_CASE("a worker in a directory that the spare ids cannot enter is executed all the same") {
  TemporaryDirectory directory;  // mode 0700
  const std::filesystem::path program = directory.path() / "worker";
  std::filesystem::copy_file(test_worker(), program);
  WorkerJob job;
  job.name = "echo";
  CHECK(run_worker(program, find_id_range(), job, {}).at("pid") == 1);
}

TEST_CASE("when we are killed, worker and sandbox and program die") {
  Pipe out = make_pipe();
  const pid_t parent = ::fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    // The pipe is open in all of them: in the worker and below as standard output.
    ::dup2(out.write.get(), STDOUT_FILENO);
    try {
      UniqueFd payload = open_file(test_payload(), O_RDONLY);
      WorkerJob job;
      job.name = "boxes";
      job.inherit_stdio = true;
      job.fds = {payload.get()};
      job.input = {{"tree", {{"payload", {{"fd", 0}, {"mode", 0755}}}}},
                   {"runs", {{{"argv", {"/payload", "ignore-signals"}}, {"inherit_stdio", true}}}}};
      run_worker(test_worker(), find_id_range(), job, {});
    } catch (...) {
    }
    ::_exit(0);
  }
  out.write.reset();
  char buffer[64];
  REQUIRE(::read(out.read.get(), buffer, sizeof buffer) == 8);
  CHECK(std::string(buffer, 8) == "started\n");
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  pollfd end{out.read.get(), POLLIN, 0};
  REQUIRE(::poll(&end, 1, 10000) == 1);
  CHECK(::read(out.read.get(), buffer, sizeof buffer) == 0);
}
