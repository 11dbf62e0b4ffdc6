#include "fetch/stored_download.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"

namespace bootstrap {

std::filesystem::path path_of(const Store& store, const Download& download) {
  return store.path(Store::Area::kDownload, download.sha256.hex());
}

bool is_stored(const Store& store, const Download& download) {
  const std::filesystem::path path = path_of(store, download);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT)
    return false;
  if (fd) {
    struct stat status{};
    check(::fstat(fd.get(), &status), "fstat " + path.string());
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == download.size &&
        digest_of_fd(fd.get()) == download.sha256)
      return true;
  }
  if (::unlink(path.c_str()) < 0 && errno != ENOENT)
    throw_errno("cannot remove the damaged download " + path.string());
  return false;
}

std::vector<bool> find_stored(const Store& store, std::span<const Download> downloads) {
  std::vector<std::size_t> largest_first(downloads.size());
  std::iota(largest_first.begin(), largest_first.end(), 0);
  std::sort(largest_first.begin(), largest_first.end(),
            [&](std::size_t a, std::size_t b) { return downloads[a].size > downloads[b].size; });
  // Not vector<bool>: its elements share bytes, and the threads would tread on each other.
  std::vector<char> stored(downloads.size());
  parallel_for(downloads.size(), available_cores(), [&](std::size_t i) {
    const std::size_t index = largest_first[i];
    stored[index] = is_stored(store, downloads[index]) ? 1 : 0;
  });
  return {stored.begin(), stored.end()};
}

}  // namespace bootstrap
