// Directories and files of the host that a worker mounts.
//
// A mount can be copied by who is root of its mount namespace only. Root of the host copies it here, and can
// so give any directory, with its owners translated to the worker's spare ids. For anybody else, such as root
// of most containers, the worker opens the path while it still has the caller's rights, and the owners stay:
// the caller's files are nobody's inside.
#pragma once

#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "sandbox/id_range.h"
#include "sandbox/worker.h"

namespace bootstrap {

class HostMounts {
 public:
  enum class Owners {
    kSpare,  ///< the files belong to spare ids already
    kHost,   ///< id 0 of the host is 0 inside, and so on, where that can be had
  };

  explicit HostMounts(const IdRange& ids) : ids_(ids) {}

  /// Throws when it is not there or may not be opened.
  void add(const std::filesystem::path& path, Owners owners);
  /// Appends them to the job's descriptors, in the order they were added, for take_mount(). Nothing may be
  /// added to the job after that, and this must outlive it.
  void give_to(WorkerJob& job) const;

 private:
  IdRange ids_;
  std::vector<UniqueFd> mounts_;
  std::vector<int> translated_;  ///< those of them that are kHost
  std::vector<std::filesystem::path> paths_;
};

}  // namespace bootstrap
