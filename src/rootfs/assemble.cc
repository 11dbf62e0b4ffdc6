#include "rootfs/assemble.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <span>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "rootfs/distroless.h"
#include "rootfs/plan.h"
#include "rootfs/state_tar.h"
#include "rootfs/steps.h"

namespace bootstrap {

namespace {

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
  state.masked = masked_from_json(json.at("masked"));
  state.notes = json.at("notes").get<std::vector<std::string>>();
  state.newest_mtime = json.at("newest_mtime").get<std::int64_t>();
  return state;
}

/// Writes the state and returns what is masked.
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
  return masked_to_json(state.masked);
}

/// A state being written: its tar, and then what is known about it.
class NewState {
 public:
  NewState(const Store& store, const Step& step)
      : store_(store), step_(step), tar_(store.path(kArea, tar_name(step.key))) {}

  int fd() const { return tar_.fd(); }

  void commit(const Json& masked, const std::vector<std::string>& notes) {
    const Json companion = {{"tar", digest_of_fd(tar_.fd()).hex()},
                            {"masked", masked},
                            {"notes", notes},
                            {"newest_mtime", step_.newest_mtime}};
    tar_.commit(Durability::kCache);
    store_.put(kArea, companion_name(step_.key), canonical_json(companion));
  }

 private:
  const Store& store_;
  const Step& step_;
  AtomicFile tar_;
};

/// The program that serves scripts; empty when none is to.
UniqueFd open_accelerator(const AssembleRequest& request, const std::filesystem::path& worker_program) {
  if (!request.accelerators)
    return open_file("/dev/null", O_RDONLY);
  try {
    return open_file(worker_program.parent_path() / "bootstrap-accelerator", O_RDONLY);
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(),
                "install it beside bootstrap-worker, or use --no-accelerators");
  }
}

/// Takes the steps that the store does not have the states of. Returns what the worker said and left.
WorkerResult take_steps(const AssembleRequest& request, std::span<const Step> steps, const Store& store,
                        const std::filesystem::path& worker_program, const WorkerProgress& progress,
                        Trace& trace) {
  std::size_t first = steps.size() - 1;
  std::optional<AssembledState> done;
  while (first > 0 && !(done = find_state(store, steps[first - 1].key)))
    --first;

  std::deque<NewState> states;
  const UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  const UniqueFd accelerator = open_accelerator(request, worker_program);
  WorkerJob job{"assemble",
                to_json(make_plan(request, steps, first, done ? &*done : nullptr, store)),
                {root.get(), accelerator.get()}};
  job.trace = &trace;
  for (const Step& step : steps.subspan(first))
    job.fds.push_back(states.emplace_back(store, step).fd());
  WorkerResult worker = run_worker_to_result(worker_program, find_id_range(), job, progress);
  const Json& results = worker.value.at("steps");
  // What is left out after one step is not there to be found after the next.
  std::vector<std::string> notes = done ? done->notes : std::vector<std::string>{};
  for (std::size_t i = 0; i < states.size(); ++i) {
    for (const Json& note : results.at(i).at("notes"))
      notes.push_back(note.get<std::string>());
    states[i].commit(results.at(i).at("masked"), notes);
  }
  return worker;
}

}  // namespace

AssembledState assemble(const AssembleRequest& request, const Store& store,
                        const std::filesystem::path& worker_program, const WorkerProgress& progress,
                        Trace& trace) {
  const std::vector<Step> steps = steps_of(request);
  const std::string& key = steps.back().key;
  if (auto state = find_state(store, key))
    return *state;
  const auto lock = store.lock(kArea, key);
  if (auto state = find_state(store, key))  // made by another run while we waited
    return *state;

  WorkerResult worker;
  if (request.scripts == ScriptMode::kRun) {
    worker = take_steps(request, steps, store, worker_program, progress, trace);
  } else {
    NewState made(store, steps.back());
    made.commit(without_scripts(request, store, made.fd()), {});
  }
  auto state = find_state(store, key);
  if (!state)
    throw Error(ErrorKind::kFailure, fmt::format("state {} was damaged right after it was written", key),
                "check the disk of the store");
  state->remains = std::move(worker.remains);
  if (request.scripts == ScriptMode::kRun)
    worker.value.at("degraded").get_to(state->degraded);
  return *state;
}

}  // namespace bootstrap
