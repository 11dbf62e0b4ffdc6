#include "rootfs/assemble.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/json.h"
#include "rootfs/assembly_helpers.h"
#include "rootfs/distroless.h"
#include "rootfs/plan.h"
#include "rootfs/state_store.h"
#include "rootfs/state_tar.h"
#include "rootfs/steps.h"

namespace bootstrap {

namespace {

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
  return state.masked;
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
  const AssemblyHelpers helpers(request, worker_program);
  WorkerJob job{"assemble",
                to_json(make_plan(request, steps, first, done ? &*done : nullptr, store)),
                {root.get(), helpers.accelerator(), helpers.surroundings()}};
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
  const auto lock = store.lock(Store::Area::kState, key);
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
