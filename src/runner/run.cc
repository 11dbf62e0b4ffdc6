#include "runner/run.h"

#include <fcntl.h>

#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "image/changes_tar.h"
#include "image/oci_documents.h"
#include "image/unpack.h"
#include "runner/box_network.h"
#include "runner/bridge_network.h"
#include "runner/layer_trees.h"
#include "runner/published_ports.h"
#include "runner/raw_terminal.h"
#include "runner/run_spec.h"
#include "runner/user_network.h"
#include "sandbox/foreign_programs.h"
#include "sandbox/host_mounts.h"
#include "sandbox/id_range.h"
#include "sandbox/sandbox.h"
#include "sandbox/user_lookup.h"

namespace bootstrap {

namespace {

/// The machine's side of the network that was asked for; of the two, one at most.
struct OuterNetwork {
  std::optional<UserNetwork> user;
  std::optional<BridgeNetwork> bridge;
};

void add_network(const RunRequest& request, OuterNetwork& outer, WorkerJob& job) {
  BridgeNetwork::collect();
  if (request.network == NetworkKind::kUser) {
    outer.user.emplace(request.reachable);
    job.input["network"] = to_json(outer.user->box());
    job.started = [&outer](pid_t worker) { outer.user->connect(worker); };
  } else if (request.network == NetworkKind::kBridge) {
    outer.bridge.emplace(request.reachable);
    job.input["network"] = to_json(outer.bridge->box());
    job.started = [&outer](pid_t worker) { outer.bridge->connect(worker); };
  }
}

const char* name_of(SandboxResult::End end) {
  switch (end) {
    case SandboxResult::End::kExited:
      return "exited";
    case SandboxResult::End::kSignalled:
      return "signalled";
    case SandboxResult::End::kTimeout:
      return "timeout";
    case SandboxResult::End::kOutputLimit:
      return "output";
    case SandboxResult::End::kOutOfMemory:
      return "out of memory";
    case SandboxResult::End::kOutOfProcesses:
      return "out of processes";
    case SandboxResult::End::kStopped:
      return "stopped";
    case SandboxResult::End::kNotStarted:
      break;
  }
  return "not started";
}

Json describe(const SandboxResult& result) {
  return {{"exit_code", exit_code(result)},
          {"end", name_of(result.end)},
          {"problem", result.problem},
          {"out", result.out},
          {"err", result.err},
          {"wall_us", result.wall.count()},
          {"degraded", result.degraded},
          {"weakened", result.weakened}};
}

RunOutcome outcome_from_json(const Json& json) {
  RunOutcome outcome;
  json.at("exit_code").get_to(outcome.exit_code);
  json.at("end").get_to(outcome.end);
  json.at("problem").get_to(outcome.problem);
  json.at("out").get_to(outcome.out);
  json.at("err").get_to(outcome.err);
  outcome.wall = std::chrono::microseconds(json.at("wall_us").get<std::int64_t>());
  json.at("degraded").get_to(outcome.degraded);
  json.at("weakened").get_to(outcome.weakened);
  return outcome;
}

Json layers_to_json(const std::vector<Layer>& layers) {
  Json json = Json::array();
  for (const Layer& layer : layers)
    json.push_back(to_json(layer));
  return json;
}

/// What of the places where the box mounts something is not in the tree yet.
std::set<std::string> missing_mount_points(const SandboxSpec& spec) {
  std::set<std::string> paths = {"dev", "proc", "sys"};
  const auto add = [&paths](const std::string& path) {
    for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
      paths.insert(path.substr(0, end));
    paths.insert(path);
  };
  for (const FileMount& file : spec.files)
    add(file.path);
  for (const Volume& volume : spec.volumes)
    add(volume.target);
  std::erase_if(paths, [&spec](const std::string& path) {
    return static_cast<bool>(try_open_beneath(spec.root, path, O_PATH | O_NOFOLLOW));
  });
  return paths;
}

}  // namespace

RunOutcome run_image(const ImageLayout& layout, const Digest& manifest, const RunRequest& request,
                     const RunPlaces& places) {
  const ImageManifest image = layout.manifest(manifest);
  const IdRange ids = find_id_range();
  LayerTrees trees(places.layer_trees, ids);
  HostMounts mounts(ids);
  const auto paths = trees.get(layout, image.layers, places.worker_program);
  for (const std::filesystem::path& path : paths.value_or(std::vector<std::filesystem::path>()))
    mounts.add(path, HostMounts::Owners::kSpare);
  for (const VolumeRequest& volume : request.volumes)
    mounts.add(volume.source, HostMounts::Owners::kHost);

  const std::vector<UniqueFd> listeners = listen_on(request.ports);
  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  UniqueFd changes = request.keep ? open_file(places.changes, O_WRONLY | O_CREAT | O_TRUNC, 0600)
                                  : open_file("/dev/null", O_WRONLY);
  WorkerJob job;
  job.name = "run";
  job.input = {{"config", image.config},
               {"layers", layers_to_json(image.layers)},
               {"unpacked", paths.has_value()},
               {"request", run_request_to_json(request)}};
  job.fds = {blobs.get(), changes.get()};
  for (const UniqueFd& listener : listeners)
    job.fds.push_back(listener.get());
  job.inherit_stdio = true;
  mounts.give_to(job);
  OuterNetwork outer;
  add_network(request, outer, job);
  std::optional<RawTerminal> raw;
  if (request.terminal && request.interactive)
    raw.emplace();
  try {
    return outcome_from_json(run_worker(places.worker_program, ids, job, {}));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kSandbox || !outer.user)
      throw;
    throw Error(error.kind(), error.message() + "; " + outer.user->complaint(), error.hint());
  }
}

Json run_job(const Json& input, WorkerContext& context) {
  std::vector<Layer> layers;
  for (const Json& layer : input.at("layers"))
    layers.push_back(layer_from_json(layer));
  const RunRequest request = run_request_from_json(input.at("request"));
  enable_programs_of(input.at("config").value("architecture", ""));
  const std::size_t first_listener = 2;
  std::size_t next_mount = first_listener + request.ports.size();
  UniqueFd root;
  if (input.at("unpacked").get<bool>()) {
    std::vector<UniqueFd> trees;
    for (std::size_t i = 0; i < layers.size(); ++i)
      trees.push_back(take_mount(std::move(context.fds[next_mount++])));
    root = mount_layers(std::move(trees));
  } else {
    root = mount_scratch(0);
    unpack_layers(context.fds[0].get(), layers, root.get());
  }

  SandboxSpec spec = run_spec(request, runtime_options(input.at("config")));
  spec.root = root.get();
  spec.env.try_emplace("HOME", find_identity(root.get(), spec.user).home);
  std::vector<UniqueFd> volumes;
  for (const VolumeRequest& volume : request.volumes) {
    volumes.push_back(take_mount(std::move(context.fds[next_mount++])));
    spec.volumes.push_back({volumes.back().get(), volume.target.substr(1), volume.read_only});
  }
  spec.own_network = false;  // ours has no more in it, and what carries connections to its ports shares it
  std::vector<Forwarding> forwardings;
  for (std::size_t i = 0; i < request.ports.size(); ++i)
    forwardings.push_back({std::move(context.fds[first_listener + i]), request.ports[i].box});
  PortForwarder forwarder(std::move(forwardings));
  if (input.contains("network")) {
    const BoxNetwork network = box_network_from_json(input.at("network"));
    enter_network(network);
    spec.files.push_back({resolver_path(root.get()), resolver_configuration(network), 0644, true});
  }

  UniqueFd kept;
  UniqueFd upper;
  std::set<std::string> made;
  if (request.keep) {
    made = missing_mount_points(spec);
    kept = make_changes_mount(spec.limits.changes);
    upper = open_beneath(kept.get(), "upper", O_RDONLY | O_DIRECTORY);
    spec.changes = kept.get();
  }
  const SandboxResult result = make_namespace_sandbox()->run(spec);
  forwarder.finish();
  if (request.keep && result.end == SandboxResult::End::kExited)
    write_changes_tar(upper.get(), context.fds[1].get(), made);
  return describe(result);
}

}  // namespace bootstrap
