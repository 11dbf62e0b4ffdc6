// How programs start and end, and that nothing is left of them.
#include <csignal>
#include <cstdlib>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;
using End = SandboxResult::End;

TEST_CASE("exit codes and signals are told apart") {
  for (int code : {0, 1, 42, 137, 255}) {
    Json result = run_script({"exit", std::to_string(code)});
    CHECK(end_of(result) == End::kExited);
    CHECK(result.at("exit_code") == code);
    CHECK(result.at("problem") == "");
  }
  Json result = run_script({"raise", std::to_string(SIGSEGV)});
  CHECK(end_of(result) == End::kSignalled);
  CHECK(result.at("exit_code") == 128 + SIGSEGV);
  CHECK(result.at("problem") == "killed by SIGSEGV");
}

TEST_CASE("output and error output are captured apart") {
  Json result = run_service({"say", "to out", "to err"});
  CHECK(out_of(result) == "to out");
  CHECK(result.at("err") == "to err");
}

TEST_CASE("a program that is not there, or no program, is said to be so") {
  auto start = [](const std::string& program, const Json& entries = Json::object()) {
    return run_boxes({{{"program", true}, {"argv", {program}}, {"service", true}}}, entries).results.at(0);
  };
  Json missing = start("no-such-program");
  CHECK(end_of(missing) == End::kNotStarted);
  CHECK(missing.at("exit_code") == 127);
  CHECK(missing.at("problem") == "no-such-program: not found");
  CHECK(start("/bin/none").at("exit_code") == 127);

  Json data = start("/data", {{"data", {{"text", "x"}, {"mode", 0755}}}});
  CHECK(data.at("exit_code") == 126);
  CHECK(data.at("problem") == "/data: Exec format error");
  CHECK(start("/data", {{"data", {{"text", "x"}}}}).at("exit_code") == 126);
  Json script = start("/script", {{"script", {{"text", "#!/no/shell\n"}, {"mode", 0755}}}});
  CHECK(script.at("exit_code") == 127);
  CHECK(script.at("problem") == "/script: its interpreter is not in the tree");
}

TEST_CASE("a program is found in PATH of its own environment") {
  Json entries = {
      {"opt", {{"dir", 0755}}}, {"opt/tool", {{"fd", 0}, {"mode", 0755}}}, {"opt/plain", {{"text", "x"}}}};
  Json run = {{"program", true}, {"argv", {"tool", "exit", "5"}}, {"env", {{"PATH", "/nowhere::/opt"}}}};
  CHECK(run_boxes({run}, entries).results.at(0).at("exit_code") == 5);
  run["env"] = {{"PATH", "/bin"}};
  CHECK(run_boxes({run}, entries).results.at(0).at("exit_code") == 127);
  // A file that may not be executed does not end the search, but is what the error is about.
  run = {{"program", true}, {"argv", {"plain"}}, {"env", {{"PATH", "/opt:/bin"}}}};
  CHECK(run_boxes({run}, entries).results.at(0).at("exit_code") == 126);
  // Without PATH, the usual directories.
  run = {{"program", true}, {"argv", {"payload", "exit", "5"}}, {"env", Json::object()}};
  CHECK(run_boxes({run}, entries).results.at(0).at("exit_code") == 5);
}

TEST_CASE("a service's working directory is made where there is none") {
  const Json entries = {{"srv", {{"dir", 0755}}}, {"link", {{"link", "srv"}}}, {"file", {{"text", ""}}}};
  for (const char* path : {"/srv/none", "/new/of/many//parts/", "/srv", "/", "/link"}) {
    CAPTURE(path);
    CHECK(run_service({"exit", "0"}, {{"working_directory", path}}, entries).at("exit_code") == 0);
    CHECK(run_service({"exit", "0"}, {{"working_directory", path}, {"read_only", true}, {"user", "1000"}},
                      entries)
              .at("exit_code") == 0);
  }
  Json result = run_service({"exit", "0"}, {{"working_directory", "/file/none"}}, entries);
  CHECK(end_of(result) == End::kNotStarted);
  CHECK(result.at("problem") == "cannot enter the working directory /file/none: Not a directory");
  // A way through a link, or up, is not gone to make one.
  for (const char* path : {"/link/none", "/srv/../../none"})
    CHECK(end_of(run_service({"exit", "0"}, {{"working_directory", path}}, entries)) == End::kNotStarted);
  result = run_script({"exit", "0"}, {{"working_directory", "/srv/none"}}, entries);
  CHECK(result.at("problem") == "cannot enter the working directory /srv/none: No such file or directory");
}

TEST_CASE("a program that takes too long is stopped, then killed") {
  Json stopped = run_service({"hang"}, {{"wall_ms", 200}});
  CHECK(end_of(stopped) == End::kTimeout);
  CHECK(stopped.at("exit_code") == 128 + SIGTERM);
  CHECK(stopped.at("problem") == "still running after 0.2 s");
  Json killed = run_service({"ignore-signals"}, {{"wall_ms", 2000}, {"grace_ms", 100}});
  CHECK(end_of(killed) == End::kTimeout);
  CHECK(killed.at("exit_code") == 128 + SIGKILL);
  Json chosen = run_service({"hang"}, {{"wall_ms", 200}, {"stop_signal", "SIGQUIT"}});
  CHECK(chosen.at("exit_code") == 128 + SIGQUIT);
  Json suspended = run_service({"raise", std::to_string(SIGSTOP)}, {{"wall_ms", 200}});
  CHECK(end_of(suspended) == End::kTimeout);
}

TEST_CASE("a daemon that is left behind dies with the program, although it holds the output open") {
  Json result = run_script({"daemon"});
  CHECK(end_of(result) == End::kExited);
  CHECK(result.at("exit_code") == 42);
}

TEST_CASE("a flood of output ends the run") {
  Json result = run_script({"flood"}, {{"output", 100000}});
  CHECK(end_of(result) == End::kOutputLimit);
  CHECK(out_of(result).size() < 110000);
  CHECK(out_of(result).find("bytes left out") != std::string::npos);
}

TEST_CASE("processes are bounded, whatever user ids they take") {
  for (const char* how : {"", "users"}) {
    CAPTURE(how);
    std::vector<std::string> arguments = {"fork-bomb"};
    if (*how != '\0')
      arguments.emplace_back(how);
    Json result = run_script(arguments, {{"pids", 100}});
    const int count = std::stoi(out_of(result));
    CHECK(count > 50);
    CHECK(count <= 100);
  }
}

/// Whether the result says that a limit could not be set as it should; never where the surroundings promise
/// cgroups.
bool lacks_limit(const Json& result, const std::string& what) {
  for (const Json& item : result.at("degraded")) {
    if (!item.get<std::string>().starts_with(what))
      continue;
    CHECK(std::getenv("SANDBOX_TEST_CGROUPS") == nullptr);
    return true;
  }
  return false;
}

TEST_CASE("that processes were refused is told from other failures") {
  Json result = run_service({"fork-bomb"}, {{"pids", 50}});
  CHECK(end_of(result) == End::kOutOfProcesses);
  CHECK(result.at("exit_code") == 1);
  CHECK(result.at("problem") == "wanted more than 50 processes");
  CHECK(end_of(run_service({"exit", "1"}, {{"pids", 50}})) == End::kExited);
  CHECK(end_of(run_service({"exit", "0"}, {{"pids", 1}})) == End::kExited);
}

TEST_CASE("CPU time is bounded, or said not to be") {
  Json result = run_service({"burn", "1000"}, {{"cpus", 0.1}});
  if (!lacks_limit(result, "CPU time"))
    CHECK(std::stoi(out_of(result)) < 500);
}

TEST_CASE("memory is bounded, and its lack is told from other ends") {
  Json enough = run_service({"eat", "20"}, {{"memory", 64 << 20}});
  CHECK(end_of(enough) == End::kExited);
  CHECK(out_of(enough) == "eaten\n");
  lacks_limit(enough, "memory");
  // Enough that even the watch, where there is no cgroup, sees it in time.
  Json result = run_service({"eat", "8000"}, {{"memory", 64 << 20}});
  CHECK(end_of(result) == End::kOutOfMemory);
  CHECK(result.at("exit_code") == 128 + SIGKILL);
  CHECK(result.at("problem") == "needed more than 64 MiB of memory");
}

/// Whether the machine's own cgroups limited all that there is to limit.
bool lacks_nothing(const Json& result) {
  return result.at("degraded").dump().find("memory") == std::string::npos;
}

TEST_CASE("memory is bounded, whosever it is") {
  const std::string way = GENERATE("anonymous", "children", "groups", "nameless", "nameless-in-parts",
                                   "nameless-mapped", "system-v", "system-v-detached", "thread");
  CAPTURE(way);
  const bool service = GENERATE(true, false);
  CAPTURE(service);
  // Memory of processes that is shared until one writes to it is counted by each.
  const char* processes = way == "groups" || way == "thread" ? "0" : "4";
  Json enough = run_script({"share", way, "32", processes}, {{"memory", 96 << 20}, {"service", service}});
  CAPTURE(enough.dump());
  CHECK(end_of(enough) == End::kExited);
  CHECK(out_of(enough) == "eaten\n");
  Json result = run_script({"share", way, "208"}, {{"memory", 96 << 20}, {"service", service}});
  CAPTURE(result.dump());
  if (way != "children" && way != "thread")  // of which the kernel may choose another than the program
    CHECK(end_of(result) == End::kOutOfMemory);
  else
    CHECK((end_of(result) == End::kOutOfMemory || lacks_nothing(result)));
}

TEST_CASE("what is in file systems in memory counts as memory") {
  // 64 MiB in /dev/shm, and 128 MiB of changes or, for scripts, 64 and 16 MiB in /tmp and /run and the tree.
  for (bool service : {false, true}) {
    CAPTURE(service);
    const Json options = {{"memory", 96 << 20}, {"service", service}};
    CHECK(end_of(run_script({"share", "named", "32"}, options)) == End::kExited);
    CHECK(end_of(run_script({"share", "named", "144"}, options)) == End::kOutOfMemory);
  }
}

TEST_CASE("a file without a name is no larger than any other") {
  Json result = run_service({"share", "nameless", "64"}, {{"file_size", 32 << 20}});
  CHECK(end_of(result) == End::kSignalled);
  CHECK(result.at("problem") == "killed by SIGXFSZ");
}

TEST_CASE("orphans are reaped") {
  // PID 1 and the program.
  const Json result = run_script({"orphans"});
  CHECK((has_outer_proc(result) || out_of(result) == "2\n"));
}

TEST_CASE("PID 1 cannot be killed from inside") {
  Json result = run_service({"kill-all"});
  CHECK(end_of(result) == End::kExited);
  CHECK(out_of(result) == "alive\n");
}

TEST_CASE("boxes leave nothing in their worker") {
  std::vector<Json> runs;
  for (bool service : {false, true})
    runs.push_back({{"argv", {"exit", "3"}}, {"service", service}, {"times", 30}});
  // One that never starts, and one that is refused, too.
  runs.push_back({{"program", true}, {"argv", {"none"}}});
  runs.push_back({{"argv", {"exit", "3"}}, {"user", "nobody"}});
  BoxRun run = run_boxes(runs);
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(run.results.at(i).at("exit_code") == 3);
  CHECK(run.after == run.before);
}
