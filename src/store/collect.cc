#include "store/collect.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "base/error.h"

namespace bootstrap {
namespace {

/// Objects named by a digest, or by a digest and something after it.
std::optional<Digest> digest_in(const std::string& name) {
  return Digest::parse(std::string_view(name).substr(0, 2 * Digest::kSize));
}

/// Temporary names begin with a dot; a download that was cut keeps what there is under NAME.part, and a run
/// that was killed leaves its segments unpacked.
bool is_leftover(const std::string& name) {
  return name.starts_with('.') || name.ends_with(".part") || name.ends_with(".raw") ||
         name.ends_with(".unpacked");
}

/// Most systems note the first read of a day (relatime), which is as exact as this needs it.
bool used_since(const std::filesystem::path& path, std::time_t time) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && std::max(status.st_atime, status.st_mtime) >= time;
}

}  // namespace

void collect(const Store& store, const StoreRoots& needed, const StoreRoots& released,
             std::chrono::hours unused, Garbage& garbage) {
  using Area = Store::Area;
  const std::time_t limit = std::time(nullptr) - std::chrono::seconds(unused).count();
  auto names = [](const StoreRoots& roots, Area area, const std::filesystem::path& path) {
    const auto digest = digest_in(path.filename().string());
    if (area == Area::kDownload || area == Area::kSegment)
      return digest && roots.packages.contains(*digest);
    return area == Area::kBlob && digest && roots.blobs.contains(*digest);
  };
  auto stays = [&](Area area, const std::filesystem::path& path) {
    return area == Area::kUser || names(needed, area, path) ||
           (!names(released, area, path) && used_since(path, limit));
  };
  for (Area area : Store::areas()) {
    for (const auto& object : std::filesystem::directory_iterator(store.directory(area))) {
      if (is_leftover(object.path().filename().string()) || !stays(area, object.path()))
        garbage.add(object.path());
    }
  }
  // Directories that runs worked in, and locks, which nobody holds while the store is claimed.
  for (const auto& item : std::filesystem::directory_iterator(store.root())) {
    const std::string name = item.path().filename().string();
    if (name.starts_with("bootstrap-") || name.starts_with('.'))
      garbage.add(item.path());
  }
  for (const auto& lock : std::filesystem::directory_iterator(store.root() / "locks"))
    garbage.add(lock.path());
}

}  // namespace bootstrap
