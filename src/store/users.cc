#include "store/users.h"

#include <sys/stat.h>

#include <optional>

#include "base/error.h"
#include "base/json.h"

namespace bootstrap {
namespace {

constexpr Store::Area kArea = Store::Area::kUser;

std::string name_of(const std::filesystem::path& folder, const std::string& image) {
  return Digest::of(compact_json({folder.string(), image})).hex();
}

Json to_json(const std::set<Digest>& digests) {
  Json json = Json::array();
  for (const Digest& digest : digests)
    json.push_back(digest.hex());
  return json;
}

void add_digests(const Json& json, std::set<Digest>& digests) {
  for (const Json& text : json)
    if (const auto digest = Digest::parse(text.get<std::string>()))
      digests.insert(*digest);
}

std::optional<StoreUser> read_user(const Store& store, const std::string& name) {
  const auto text = store.get(kArea, name);
  struct stat status{};
  if (!text || ::stat(store.path(kArea, name).c_str(), &status) < 0)
    return std::nullopt;
  try {
    const Json json = parse_json(*text, "a note of who uses the store");
    StoreUser user{json.at("folder").get<std::string>(),
                   json.at("image").get<std::string>(),
                   {},
                   std::chrono::system_clock::from_time_t(status.st_mtime)};
    add_digests(json.at("packages"), user.needs.packages);
    add_digests(json.at("blobs"), user.needs.blobs);
    return user;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

void note_user(const Store& store, const std::filesystem::path& folder, const std::string& image,
               const StoreRoots& needs) {
  const std::string name = name_of(folder, image);
  const Store::Lock lock = store.lock(kArea, name);
  StoreRoots all = needs;
  if (const auto known = read_user(store, name)) {
    all.packages.insert(known->needs.packages.begin(), known->needs.packages.end());
    all.blobs.insert(known->needs.blobs.begin(), known->needs.blobs.end());
    const bool is_fresh = known->last_use > std::chrono::system_clock::now() - std::chrono::hours(24);
    if (is_fresh && all.packages == known->needs.packages && all.blobs == known->needs.blobs)
      return;
  }
  store.put(kArea, name,
            compact_json({{"folder", folder.string()},
                          {"image", image},
                          {"packages", to_json(all.packages)},
                          {"blobs", to_json(all.blobs)}}));
}

std::vector<StoreUser> store_users(const Store& store) {
  std::vector<StoreUser> users;
  for (const auto& entry : std::filesystem::directory_iterator(store.directory(kArea))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.'))
      continue;
    if (auto user = read_user(store, name))
      users.push_back(std::move(*user));
  }
  return users;
}

void forget_user(const Store& store, const std::filesystem::path& folder, const std::string& image) {
  std::filesystem::remove(store.path(kArea, name_of(folder, image)));
}

}  // namespace bootstrap
