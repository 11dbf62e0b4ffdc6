// bootstrap-box DIRECTORY PROGRAM [ARGUMENT...]: a program in the box that smoke tests and `bootstrap run`
// have, over a directory instead of an image. What bootstrap has besides the sandbox is not in this program,
// so it starts as quickly as the box itself: it is what scripts/bench-sandbox compares with other sandboxes.
#include <cstdio>
#include <string_view>

#include "base/error.h"
#include "base/search_path.h"
#include "base/standard_descriptors.h"
#include "sandbox/host_mounts.h"
#include "sandbox/id_range.h"
#include "sandbox/mount_api.h"
#include "sandbox/sandbox.h"
#include "sandbox/worker.h"

namespace bootstrap {

namespace {

constexpr const char* kJob = "box";

/// The worker's part.
Json box_job(const Json& input, WorkerContext& context) {
  const UniqueFd root = take_mount(std::move(context.fds[0]));
  attach_mount_unseen(root.get());
  SandboxSpec spec;
  spec.profile = SandboxProfile::kService;
  spec.root = root.get();
  spec.argv = input.get<std::vector<std::string>>();
  spec.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/root"}};
  spec.stdio = Stdio::kInherited;
  spec.interactive = true;
  spec.own_network = false;  // ours is as empty
  spec.limits.wall = std::chrono::milliseconds(0);
  const SandboxResult result = make_namespace_sandbox()->run(spec);
  return {{"exit_code", result.exit_code},
          {"problem", result.problem},
          {"weaker", result.weakened ? result.degraded : std::vector<std::string>{}}};
}

int run(const std::string& directory, const std::vector<std::string>& argv) {
  const IdRange ids = find_id_range();
  HostMounts mounts(ids);
  mounts.add(directory, HostMounts::Owners::kHost);
  WorkerJob job;
  job.name = kJob;
  job.input = argv;
  job.inherit_stdio = true;
  mounts.give_to(job);
  const Json outcome = run_worker(running_program(), ids, job, {});
  for (const Json& missing : outcome.at("weaker"))
    std::fprintf(stderr, "bootstrap-box: note: %s\n", missing.get<std::string>().c_str());
  if (const std::string problem = outcome.at("problem"); !problem.empty())
    std::fprintf(stderr, "bootstrap-box: %s\n", problem.c_str());
  return outcome.at("exit_code").get<int>();
}

}  // namespace

}  // namespace bootstrap

int main(int argc, char** argv) {
  using namespace bootstrap;
  if (argc == 2 && argv[1] == std::string_view(kJob))
    return worker_main(argc, argv, {{kJob, box_job}});
  if (argc < 3) {
    std::fputs("usage: bootstrap-box DIRECTORY PROGRAM [ARGUMENT...]\n", stderr);
    return static_cast<int>(ErrorKind::kUsage);
  }
  try {
    occupy_standard_descriptors();
    return run(argv[1], {argv + 2, argv + argc});
  } catch (const Error& error) {
    std::fprintf(stderr, "bootstrap-box: %s\n", error.message().c_str());
    if (!error.hint().empty())
      std::fprintf(stderr, "  %s\n", error.hint().c_str());
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bootstrap-box: %s\n", error.what());
    return static_cast<int>(ErrorKind::kFailure);
  }
}
