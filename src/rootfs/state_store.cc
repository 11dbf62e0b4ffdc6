#include "rootfs/state_store.h"

#include "base/digest.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

constexpr Store::Area kArea = Store::Area::kState;

std::string tar_name(const std::string& key) {
  return key + ".tar";
}
std::string companion_name(const std::string& key) {
  return key + ".json";
}

}  // namespace

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

NewState::NewState(const Store& store, const Step& step)
    : store_(store), step_(step), tar_(store.path(kArea, tar_name(step.key))) {}

void NewState::commit(const Json& masked, const std::vector<std::string>& notes) {
  const Json companion = {{"tar", digest_of_fd(tar_.fd()).hex()},
                          {"masked", masked},
                          {"notes", notes},
                          {"newest_mtime", step_.newest_mtime}};
  tar_.commit(Durability::kCache);
  store_.put(kArea, companion_name(step_.key), canonical_json(companion));
}

}  // namespace bootstrap
