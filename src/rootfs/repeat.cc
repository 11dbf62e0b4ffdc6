#include "rootfs/repeat.h"

#include <fmt/format.h>

#include <span>

#include "base/digest.h"
#include "base/fd.h"
#include "rootfs/assembly_helpers.h"
#include "rootfs/other_surroundings.h"
#include "rootfs/plan.h"
#include "rootfs/state_store.h"
#include "rootfs/steps.h"

namespace bootstrap {

namespace {

// To be raised when scripts that ran twice would be compared in another way, or a note could not be read any
// more.
constexpr int kFormat = 1;

std::string note_name(const std::string& key) {
  return Digest::of(compact_json({{"repetition", kFormat}, {"state", key}})).hex();
}

void keep(const Store& store, const std::string& key, const Repetition& repetition) {
  Json differences = Json::array();
  for (const Unrepeated& unrepeated : repetition.differences)
    differences.push_back(to_json(unrepeated));
  store.put(Store::Area::kReport, note_name(key),
            compact_json({{"differences", differences},
                          {"degraded", repetition.degraded},
                          {"wall", repetition.wall.count()}}));
}

bool comes_out_alike(const Store& store, const std::string& key) {
  const auto known = find_repetition(store, key);
  return known && known->differences.empty();
}

}  // namespace

std::optional<Repetition> find_repetition(const Store& store, const std::string& key) {
  const auto text = store.get(Store::Area::kReport, note_name(key));
  if (!text)
    return std::nullopt;
  const Json json = parse_json(*text, "the store's note of a repetition");
  Repetition repetition;
  for (const Json& difference : json.at("differences"))
    repetition.differences.push_back(unrepeated_from_json(difference));
  json.at("degraded").get_to(repetition.degraded);
  repetition.wall = std::chrono::milliseconds(json.at("wall").get<std::int64_t>());
  return repetition;
}

RepeatedState::RepeatedState(const AssembleRequest& request, const Store& store,
                             const std::filesystem::path& worker_program, const WorkerProgress& progress,
                             Trace& trace) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Step> steps = steps_of(request);
  std::size_t first = steps.size() - 1;
  std::optional<AssembledState> done;
  while (first > 0 &&
         !(comes_out_alike(store, steps[first - 1].key) && (done = find_state(store, steps[first - 1].key))))
    --first;

  AssemblePlan plan = make_plan(request, steps, first, done ? &*done : nullptr, store);
  plan.hostname = kOtherHostname;
  plan.repeated = true;
  const UniqueFd root = open_file(store.root(), O_RDONLY | O_DIRECTORY);
  const AssemblyHelpers helpers(request, worker_program, AssemblyHelpers::Surroundings::kOther);
  WorkerJob job{"assemble", to_json(plan), {root.get(), helpers.accelerator(), helpers.surroundings()}};
  job.trace = &trace;
  for (const Step& step : std::span(steps).subspan(first))
    job.fds.push_back(tars_.emplace_back(store.path(Store::Area::kState, step.key + ".again")).fd());
  const Json result = run_worker(worker_program, find_id_range(), job, progress);
  const Json& last = result.at("steps").back();
  last.at("masked").get_to(masked_);
  last.at("makers").get_to(makers_);
  result.at("degraded").get_to(degraded_);
  if (!AssemblyHelpers::can_load_surroundings(request))
    degraded_.push_back(
        fmt::format("scripts that ran a second time saw the same clock: no library of ours is for {}",
                    request.architecture));
  wall_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

Repetition RepeatedState::compare(const AssembledState& first, const Store& store) const {
  const UniqueFd tar = open_file(first.tar, O_RDONLY);
  Repetition repetition;
  repetition.differences = find_unrepeated({tar.get(), first.masked}, {tars_.back().fd(), masked_}, makers_);
  repetition.degraded = degraded_;
  repetition.wall = wall_;
  keep(store, first.key, repetition);
  return repetition;
}

}  // namespace bootstrap
