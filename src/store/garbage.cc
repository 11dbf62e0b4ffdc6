#include "store/garbage.h"

#include <sys/stat.h>

#include "base/error.h"

namespace bootstrap {

void Garbage::add(const std::filesystem::path& path) {
  std::error_code gone;
  auto status = std::filesystem::symlink_status(path, gone);
  if (!std::filesystem::exists(status) || !paths_.insert(path).second)
    return;
  if (!std::filesystem::is_directory(status)) {
    count(path);
    return;
  }
  for (auto item = std::filesystem::recursive_directory_iterator(path, gone);
       !gone && item != std::filesystem::recursive_directory_iterator(); item.increment(gone)) {
    if (!item->is_directory(gone))
      count(item->path());
  }
}

void Garbage::count(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0)
    return;
  Inode& inode = inodes_[{status.st_dev, status.st_ino}];
  inode.size = static_cast<std::uint64_t>(status.st_blocks) * 512;  // stat(2): always 512
  inode.names = status.st_nlink;
  ++inode.collected;
}

std::uint64_t Garbage::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [number, inode] : inodes_)
    sum += inode.collected >= inode.names ? inode.size : 0;
  return sum;
}

void Garbage::remove() const {
  for (const std::filesystem::path& path : paths_) {
    std::error_code failure;
    std::filesystem::remove_all(path, failure);
    if (failure && failure != std::errc::no_such_file_or_directory)
      throw Error(ErrorKind::kFailure, "cannot remove " + path.string() + ": " + failure.message());
  }
}

}  // namespace bootstrap
