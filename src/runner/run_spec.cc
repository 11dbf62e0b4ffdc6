#include "runner/run_spec.h"

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

}  // namespace

Json run_request_to_json(const RunRequest& request) {
  return {{"command", request.command},
          {"entrypoint", request.entrypoint},
          {"replace_entrypoint", request.replace_entrypoint},
          {"env", request.env},
          {"user", request.user},
          {"workdir", request.workdir},
          {"read_only", request.read_only},
          {"memory", request.limits.memory},
          {"pids", request.limits.pids},
          {"timeout_ms", request.limits.timeout.count()}};
}

RunRequest run_request_from_json(const Json& json) {
  RunRequest request;
  json.at("command").get_to(request.command);
  json.at("entrypoint").get_to(request.entrypoint);
  json.at("replace_entrypoint").get_to(request.replace_entrypoint);
  json.at("env").get_to(request.env);
  json.at("user").get_to(request.user);
  json.at("workdir").get_to(request.workdir);
  json.at("read_only").get_to(request.read_only);
  json.at("memory").get_to(request.limits.memory);
  json.at("pids").get_to(request.limits.pids);
  request.limits.timeout = std::chrono::milliseconds(json.at("timeout_ms").get<std::int64_t>());
  return request;
}

SandboxSpec run_spec(const RunRequest& request, const ImageOptions& image) {
  SandboxSpec spec;
  spec.profile = SandboxProfile::kService;
  spec.inherit_stdio = true;
  spec.read_only = request.read_only;
  spec.argv = program_of(request, image);
  if (spec.argv.empty())
    throw Error(ErrorKind::kUsage, "the image has neither an entrypoint nor a cmd",
                "say what to run: -- COMMAND");
  spec.env = request.env;
  spec.env.insert(image.env.begin(), image.env.end());  // keeps what is there
  spec.user = request.user.empty() ? image.user : request.user;
  spec.working_directory = request.workdir.empty() ? image.workdir : request.workdir;
  if (!image.stop_signal.empty())
    spec.stop_signal = image.stop_signal;
  spec.limits.memory = request.limits.memory;
  spec.limits.pids = request.limits.pids;
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
