#include "runner/run_request.h"

namespace bootstrap {

Json run_request_to_json(const RunRequest& request) {
  Json volumes = Json::array();
  for (const VolumeRequest& volume : request.volumes)
    volumes.push_back({{"target", volume.target}, {"read_only", volume.read_only}});
  Json ports = Json::array();
  for (const PublishedPort& port : request.ports)
    ports.push_back(port.box);
  return {{"command", request.command},
          {"entrypoint", request.entrypoint},
          {"replace_entrypoint", request.replace_entrypoint},
          {"env", request.env},
          {"user", request.user},
          {"workdir", request.workdir},
          {"hostname", request.hostname},
          {"read_only", request.read_only},
          {"interactive", request.interactive},
          {"terminal", request.terminal},
          {"capture", request.capture},
          {"keep", request.keep},
          {"volumes", volumes},
          {"ports", ports},
          {"added_capabilities", request.added_capabilities},
          {"dropped_capabilities", request.dropped_capabilities},
          {"memory", request.limits.memory},
          {"pids", request.limits.pids},
          {"cpus", request.cpus},
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
  json.at("hostname").get_to(request.hostname);
  json.at("read_only").get_to(request.read_only);
  json.at("interactive").get_to(request.interactive);
  json.at("terminal").get_to(request.terminal);
  json.at("capture").get_to(request.capture);
  json.at("keep").get_to(request.keep);
  for (const Json& volume : json.at("volumes"))
    request.volumes.push_back(
        {{}, volume.at("target").get<std::string>(), volume.at("read_only").get<bool>()});
  for (const Json& port : json.at("ports")) {
    PublishedPort published;
    port.get_to(published.box);
    request.ports.push_back(std::move(published));
  }
  json.at("added_capabilities").get_to(request.added_capabilities);
  json.at("dropped_capabilities").get_to(request.dropped_capabilities);
  json.at("memory").get_to(request.limits.memory);
  json.at("pids").get_to(request.limits.pids);
  json.at("cpus").get_to(request.cpus);
  request.limits.timeout = std::chrono::milliseconds(json.at("timeout_ms").get<std::int64_t>());
  return request;
}

}  // namespace bootstrap
