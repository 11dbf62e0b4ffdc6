#include "sandbox/host_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/id_maps.h"
#include "sandbox/mount_api.h"

namespace bootstrap {

namespace {

/// File systems that cannot translate owners are mounted as they are.
void translate_owners(int mount, int user_namespace) {
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_IDMAP;
  change.userns_fd = static_cast<std::uint64_t>(user_namespace);
  ::mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change);
}

}  // namespace

void HostMounts::add(const std::filesystem::path& path, Owners owners) {
  UniqueFd fd = open_file(path, O_PATH);
  if (ids_.needs_helpers) {
    paths_.push_back(std::filesystem::absolute(path));
    return;
  }
  UniqueFd mount = clone_mounts_at(fd.get());
  if (owners == Owners::kHost)
    translate_owners(mount.get(), make_user_namespace(ids_).get());
  mounts_.push_back(std::move(mount));
}

void HostMounts::give_to(WorkerJob& job) const {
  for (const UniqueFd& mount : mounts_)
    job.fds.push_back(mount.get());
  job.paths.insert(job.paths.end(), paths_.begin(), paths_.end());
}

}  // namespace bootstrap
