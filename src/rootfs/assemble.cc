#include "rootfs/assemble.h"

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "rootfs/distroless.h"
#include "rootfs/plan.h"
#include "rootfs/state_tar.h"

namespace bootstrap {

namespace {

// Part of every key: to be raised whenever the same request would give other bytes.
constexpr int kStateFormat = 1;
constexpr Store::Area kArea = Store::Area::kState;

std::string tar_name(const std::string& key) {
  return key + ".tar";
}
std::string companion_name(const std::string& key) {
  return key + ".json";
}

// The tar is checked against the digest in its companion; when either is missing or wrong, both are made
// again.
std::optional<AssembledState> find_state(const Store& store, const std::string& key) {
  const auto companion = store.get(kArea, companion_name(key));
  if (!companion || !store.contains(kArea, tar_name(key)))
    return std::nullopt;
  const Json json = parse_json(*companion, companion_name(key));
  AssembledState state;
  state.key = key;
  state.tar = store.path(kArea, tar_name(key));
  if (digest_of_fd(open_file(state.tar, O_RDONLY).get()).hex() != json.at("tar").get<std::string>())
    return std::nullopt;
  state.masked = json.at("masked").get<decltype(state.masked)>();
  state.notes = json.at("notes").get<std::vector<std::string>>();
  state.newest_mtime = json.at("newest_mtime").get<std::int64_t>();
  return state;
}

Json run_in_worker(const AssembleRequest& request, const Store& store, int tar,
                   const std::filesystem::path& worker_program, const WorkerProgress& progress,
                   Trace& trace) {
  const UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  const WorkerJob job{"assemble", to_json(make_plan(request, store)), {root.get(), tar}, false, &trace};
  return run_worker(worker_program, find_id_range(), job, progress);
}

Json without_scripts(const AssembleRequest& request, const Store& store, int tar) {
  const UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  const auto state = distroless_state(request, [&](const Segment& segment, const ByteSink& sink) {
    read_segment(root.get(), segment, sink);
  });
  StateTarWriter writer(tar);
  for (const auto& file : state.files) {
    writer.add(file.entry);
    if (file.entry.type == EntryType::kFile)
      writer.write(file.content);
  }
  writer.finish();
  return {{"masked", state.masked}, {"notes", Json::array()}};
}

}  // namespace

std::string state_key(const AssembleRequest& request) {
  Json packages = Json::array();
  for (const auto& package : request.packages)
    packages.push_back({package.locked.name, package.locked.version, package.locked.architecture,
                        package.locked.sha256.hex(), package.locked.stage});
  Json parents = Json::array();
  for (const auto& parent : request.parents)
    parents.push_back(parent.state.key);
  Json users = Json::array();
  for (const auto& user : request.users)
    users.push_back(to_json(user));
  const Json key = {{"format", kStateFormat},
                    {"architecture", request.architecture},
                    {"scripts", request.scripts == ScriptMode::kRun ? "run" : "skip"},
                    {"parents", parents},
                    {"packages", packages},
                    {"debconf", request.debconf},
                    {"users", users},
                    {"paths", to_json(request.paths)},
                    {"hostname", request.hostname}};
  return Digest::of(compact_json(key)).hex();
}

AssembledState assemble(const AssembleRequest& request, const Store& store,
                        const std::filesystem::path& worker_program, const WorkerProgress& progress,
                        Trace& trace) {
  const std::string key = state_key(request);
  if (auto state = find_state(store, key))
    return *state;
  const auto lock = store.lock(kArea, key);
  if (auto state = find_state(store, key))  // made by another run while we waited
    return *state;

  AtomicFile tar(store.path(kArea, tar_name(key)));
  const Json result = request.scripts == ScriptMode::kRun
                          ? run_in_worker(request, store, tar.fd(), worker_program, progress, trace)
                          : without_scripts(request, store, tar.fd());
  const Json companion = {{"tar", digest_of_fd(tar.fd()).hex()},
                          {"masked", result.at("masked")},
                          {"notes", result.at("notes")},
                          {"newest_mtime", newest_mtime(request)}};
  tar.commit(Durability::kCache);
  store.put(kArea, companion_name(key), canonical_json(companion));
  auto state = find_state(store, key);
  if (!state)
    throw Error(ErrorKind::kFailure, fmt::format("state {} was damaged right after it was written", key),
                "check the disk of the store");
  return *state;
}

}  // namespace bootstrap
