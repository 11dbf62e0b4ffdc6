#include "sandbox/written_paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

constexpr std::size_t kMaximalWrittenPaths = 1000;

// A service can nest directories without end, and each is a descriptor here while what is in it is read.
constexpr unsigned kMaximalDepth = 100;

class Listing {
 public:
  explicit Listing(int root) : root_(root) {}

  /// Adds what is below `directory`, which is consumed.
  void add(UniqueFd directory, const std::string& path, unsigned depth) {
    std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(directory.get()), &::closedir);
    if (!stream)
      throw_errno("cannot read what the service wrote");
    directory.release();
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != ".." && paths_.size() < kMaximalWrittenPaths)
        add_entry(::dirfd(stream.get()), name, path + "/" + name, depth);
    }
  }

  std::vector<std::string> sorted() && {
    std::sort(paths_.begin(), paths_.end());
    return std::move(paths_);
  }

 private:
  void add_entry(int parent, const std::string& name, const std::string& path, unsigned depth) {
    UniqueFd child = try_open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
    const std::size_t before = paths_.size();
    if (child && depth < kMaximalDepth)
      add(std::move(child), path, depth + 1);
    // The box makes what it has to mount on.
    if (path == "/dev" || path == "/proc" || path == "/sys")
      return;
    // The overlay copies the directories on the way to what is written.
    if (paths_.size() == before)
      paths_.push_back(is_of_tree(path) ? path + "/" : path);
  }

  bool is_of_tree(const std::string& path) const {
    return static_cast<bool>(try_open_beneath(root_, path.substr(1), O_PATH | O_DIRECTORY));
  }

  int root_;
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<std::string> written_paths(int changes, int root) {
  Listing listing(root);
  listing.add(open_beneath(changes, "upper", O_RDONLY | O_DIRECTORY), "", 0);
  return std::move(listing).sorted();
}

}  // namespace bootstrap
