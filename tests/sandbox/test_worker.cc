// The worker of the sandbox's tests: builds a tree as the test describes it, runs programs in it, and says
// what the tree holds afterwards.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/process.h"
#include "sandbox/sandbox.h"
#include "sandbox/worker.h"

namespace bootstrap {

namespace {

/// {"bin/x": {"fd": 0, "mode": 493}, "etc/y": {"text": "..."}, "dev": {"link": "/target"}, "d": {"dir": 493}}
void make_entry(int tree, const std::string& path, const Json& entry, std::span<UniqueFd> fds) {
  const mode_t mode = entry.value("mode", 0644U);
  if (entry.contains("dir")) {
    check(::mkdirat(tree, path.c_str(), entry.at("dir").get<mode_t>()), path);
  } else if (entry.contains("fifo")) {
    check(::mkfifoat(tree, path.c_str(), mode), path);
  } else if (entry.contains("link")) {
    check(::symlinkat(entry.at("link").get<std::string>().c_str(), tree, path.c_str()), path);
  } else {
    std::string content = entry.value("text", "");
    if (entry.contains("fd")) {
      const int source = fds[entry.at("fd").get<std::size_t>()].get();
      check(::lseek(source, 0, SEEK_SET), "lseek");
      content = read_all(source);
    }
    UniqueFd file = open_beneath(tree, path, O_CREAT | O_EXCL | O_WRONLY, mode);
    write_all(file.get(), content);
    check(::fchmod(file.get(), mode), path);
  }
}

SandboxSpec spec_of(const Json& json, int tree) {
  SandboxSpec spec;
  spec.root = tree;
  spec.profile = json.value("service", false) ? SandboxProfile::kService : SandboxProfile::kMaintainerScript;
  spec.read_only = json.value("read_only", false);
  spec.argv = json.at("argv").get<std::vector<std::string>>();
  spec.env = json.value("env", std::map<std::string, std::string>{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}});
  spec.working_directory = json.value("working_directory", "/");
  spec.user = json.value("user", "");
  spec.hostname = json.value("hostname", "localhost");
  for (const Json& file : json.value("files", Json::array())) {
    spec.files.push_back({file.at("path").get<std::string>(), file.at("content").get<std::string>(),
                          file.value("mode", 0644U), file.value("create", false)});
  }
  spec.limits.pids = json.value("pids", 256U);
  spec.limits.file_size = json.value("file_size", std::uint64_t{256} << 20);
  spec.limits.cpus = json.value("cpus", 0.0);
  spec.limits.output = json.value("output", std::uint64_t{1} << 20);
  spec.limits.memory = json.value("memory", std::uint64_t{512} << 20);
  spec.limits.wall = std::chrono::milliseconds(json.value("wall_ms", 60000));
  spec.limits.stop_grace = std::chrono::milliseconds(json.value("grace_ms", 5000));
  spec.stop_signal = json.value("stop_signal", "SIGTERM");
  if (json.value("inherit_stdio", false))
    spec.stdio = Stdio::kInherited;
  if (json.contains("probe")) {
    const Json& probe = json.at("probe");
    const auto port = probe.at("port").get<std::uint16_t>();
    spec.probe.emplace();
    spec.probe->question = TcpProbe{port};
    if (probe.contains("path"))
      spec.probe->question = HttpProbe{
          port, "GET", probe.at("path").get<std::string>(), probe.value("host", "localhost"), {}, ""};
    spec.probe->deadline = std::chrono::milliseconds(probe.value("deadline_ms", 5000));
    const int status = probe.value("status", 0);
    spec.probe->judge = [status](const ProbeResult& result) {
      if (status == 0 || result.status == status)
        return std::string();
      return fmt::format("status {} instead of {}", result.status, status);
    };
  }
  return spec;
}

Json describe(const SandboxResult& result) {
  Json json = {{"end", static_cast<int>(result.end)},
               {"exit_code", result.exit_code},
               {"out", result.out},
               {"err", result.err},
               {"problem", result.problem},
               {"wall_us", result.wall.count()},
               {"degraded", result.degraded}};
  if (result.probe) {
    json["probe"] = {{"connected", result.probe->connected},
                     {"status", result.probe->status},
                     {"body", result.probe->body},
                     {"problem", result.probe->problem},
                     {"after_us", result.probe->after.count()}};
  }
  return json;
}

std::string capability_of(const std::string& path) {
  unsigned char value[64];
  ssize_t size = ::lgetxattr(path.c_str(), "security.capability", value, sizeof value);
  std::string hex;
  for (ssize_t i = 0; i < size; ++i)
    hex += fmt::format("{:02x}", value[i]);
  return hex;
}

/// What is in the tree: path -> mode, uid, gid, size, file capability.
Json list_tree(int tree) {
  namespace fs = std::filesystem;
  Json listing = Json::object();
  const std::string base = "/proc/self/fd/" + std::to_string(tree) + "/.";
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(base)) {
    const std::string path = entry.path().string();
    struct stat status{};
    check(::lstat(path.c_str(), &status), path);
    listing[path.substr(base.size() + 1)] = {{"mode", status.st_mode},
                                             {"uid", status.st_uid},
                                             {"gid", status.st_gid},
                                             {"size", status.st_size},
                                             {"capability", capability_of(path)}};
  }
  return listing;
}

/// What the worker holds: open descriptors, mounts.
Json holdings() {
  const std::string mounts = read_file("/proc/self/mountinfo");
  return {{"fds", std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})},
          {"mounts", std::count(mounts.begin(), mounts.end(), '\n')}};
}

/// {"tar": true} unpacks fds[0] with the host's tar; {"tree": {...}} makes entries. Then "runs", in turn.
Json boxes_job(const Json& input, WorkerContext& context) {
  UniqueFd tree = mount_scratch(0);
  if (input.value("tar", false)) {
    check(::fchdir(tree.get()), "fchdir");
    ProcessResult tar = run_process({"tar", "-x", "-f", "-", "--numeric-owner", "--exclude=./dev/*"},
                                    read_all(context.fds[0].get()));
    if (tar.exit_code != 0)
      throw Error(ErrorKind::kFailure, "tar: " + tar.err);
    check(::chdir("/"), "chdir");
  }
  const Json entries = input.value("tree", Json::object());
  for (const auto& item : entries.items())
    make_entry(tree.get(), item.key(), item.value(), context.fds);

  std::unique_ptr<Sandbox> sandbox = make_namespace_sandbox();
  const Json before = holdings();
  Json results = Json::array();
  for (const Json& run : input.at("runs")) {
    for (int i = 0; i < run.value("times", 1); ++i) {
      context.progress("run " + run.at("argv").dump());
      const auto start = std::chrono::steady_clock::now();
      try {
        Json result = describe(sandbox->run(spec_of(run, tree.get())));
        const auto took = std::chrono::steady_clock::now() - start;
        result["took_us"] = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        results.push_back(std::move(result));
      } catch (const Error& error) {
        results.push_back({{"thrown", error.message()}});
      }
    }
  }
  const Json after = holdings();
  return {{"results", results}, {"tree", list_tree(tree.get())}, {"before", before}, {"after", after}};
}

Json echo_job(const Json& input, WorkerContext& context) {
  Json contents = Json::array();
  for (UniqueFd& fd : context.fds)
    contents.push_back(read_all(fd.get()));
  context.progress("half way");
  Json environment = Json::array();
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.push_back(std::string(*variable, std::strcspn(*variable, "=")));
  std::sort(environment.begin(), environment.end());
  return {{"input", input},
          {"fds", contents},
          {"uid", ::getuid()},
          {"gid", ::getgid()},
          {"pid", ::getpid()},
          {"groups", ::getgroups(0, nullptr)},
          {"environment", environment},
          {"open", std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {})}};
}

Json crash_job(const Json& input, WorkerContext&) {
  if (input.contains("complaint"))
    std::fputs(input.at("complaint").get<std::string>().c_str(), stderr);
  if (input.value("segv", false)) {
    std::signal(SIGSEGV, SIG_DFL);
    *static_cast<volatile int*>(nullptr) = 1;
  }
  ::_exit(input.value("exit", 3));
}

Json throw_job(const Json&, WorkerContext&) {
  throw Error(ErrorKind::kUntrusted, "the message", "the hint");
}

}  // namespace

}  // namespace bootstrap

int main(int argc, char** argv) {
  using namespace bootstrap;
  return worker_main(argc, argv,
                     {{"boxes", boxes_job}, {"echo", echo_job}, {"crash", crash_job}, {"throw", throw_job}});
}
