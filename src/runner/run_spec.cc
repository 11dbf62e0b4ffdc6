#include "runner/run_spec.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/error.h"

namespace bootstrap {
namespace {

std::vector<std::string> program_of(const RunRequest& request, const ImageOptions& image) {
  std::vector<std::string> argv = request.replace_entrypoint ? request.entrypoint : image.entrypoint;
  const std::vector<std::string>& own = image.cmd;
  if (!request.command.empty())
    argv.insert(argv.end(), request.command.begin(), request.command.end());
  else if (!request.replace_entrypoint)
    argv.insert(argv.end(), own.begin(), own.end());
  return argv;
}

/// Programs look their own name up.
std::vector<FileMount> host_files(const std::string& hostname) {
  return {
      {"etc/hostname", hostname + "\n", 0644, false},
      {"etc/hosts", "127.0.0.1 localhost " + hostname + "\n::1 localhost " + hostname + "\n", 0644, true}};
}

}  // namespace

SandboxSpec run_spec(const RunRequest& request, const ImageOptions& image) {
  SandboxSpec spec;
  spec.profile = SandboxProfile::kService;
  spec.stdio = request.terminal ? Stdio::kTerminal : request.capture ? Stdio::kCaptured : Stdio::kInherited;
  spec.interactive = request.interactive;
  spec.read_only = request.read_only;
  if (!request.hostname.empty())
    spec.hostname = request.hostname;
  spec.files = host_files(spec.hostname);
  spec.argv = program_of(request, image);
  if (spec.argv.empty())
    throw Error(ErrorKind::kUsage, "the image has neither an entrypoint nor a cmd",
                "say what to run: -- COMMAND");
  spec.env = request.env;
  spec.env.insert(image.env.begin(), image.env.end());  // keeps what is there
  if (request.terminal)
    spec.env.try_emplace("TERM", "xterm");  // every image with terminal programs knows it
  spec.user = request.user.empty() ? image.user : request.user;
  spec.working_directory = request.workdir.empty() ? image.workdir : request.workdir;
  if (!image.stop_signal.empty())
    spec.stop_signal = image.stop_signal;
  spec.added_capabilities = request.added_capabilities;
  spec.dropped_capabilities = request.dropped_capabilities;
  spec.limits.memory = request.limits.memory;
  spec.limits.changes = request.limits.memory;  // they are in memory, and count as such
  // Files have no room for more. Those of volumes have, and are not ours to bound.
  const bool writes_volumes = std::any_of(request.volumes.begin(), request.volumes.end(),
                                          [](const VolumeRequest& volume) { return !volume.read_only; });
  spec.limits.file_size = writes_volumes ? RLIM_INFINITY : request.limits.memory;
  spec.limits.pids = request.limits.pids;
  spec.limits.cpus = request.cpus;
  spec.limits.wall = request.limits.timeout;  // zero means no limit for both
  return spec;
}

int exit_code(const SandboxResult& result) {
  constexpr int kTimedOut = 124;
  constexpr int kKilled = 128 + 9;
  switch (result.end) {
    case SandboxResult::End::kTimeout:
      return kTimedOut;
    case SandboxResult::End::kOutOfMemory:
      return kKilled;
    default:
      return result.exit_code;
  }
}

}  // namespace bootstrap
