#include "sandbox/host_mounts.h"

#include <fcntl.h>

#include "base/error.h"
#include "sandbox/mount_api.h"

namespace bootstrap {

void HostMounts::add(const std::filesystem::path& path, Owners owners) {
  UniqueFd fd = open_file(path, O_PATH);
  if (!ids_.needs_helpers && paths_.empty()) {
    try {
      mounts_.push_back(clone_mounts_at(fd.get()));
      if (owners == Owners::kHost)
        translated_.push_back(mounts_.back().get());
      return;
    } catch (const Error&) {
      if (!mounts_.empty())
        throw;
      // Root of a container may have no right to mount anything.
    }
  }
  paths_.push_back(std::filesystem::absolute(path));
}

void HostMounts::give_to(WorkerJob& job) const {
  for (const UniqueFd& mount : mounts_)
    job.fds.push_back(mount.get());
  job.translated = translated_;
  job.paths.insert(job.paths.end(), paths_.begin(), paths_.end());
}

}  // namespace bootstrap
