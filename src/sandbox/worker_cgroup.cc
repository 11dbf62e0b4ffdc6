#include "sandbox/worker_cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr const char* kPrefix = "bootstrap-";
constexpr const char* kLeaf = "worker";

UniqueFd open_directory(int base, const std::string& path) {
  return UniqueFd(::openat(base, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Groups can only be removed when no group is left in them.
void remove_group(int parent, const std::string& name) {
  UniqueFd group = open_directory(parent, name);
  std::unique_ptr<DIR, int (*)(DIR*)> listing(group ? ::fdopendir(group.release()) : nullptr, &::closedir);
  if (!listing)
    return;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      ::unlinkat(::dirfd(listing.get()), entry->d_name, AT_REMOVEDIR);
  }
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

/// A shared lock on a group, which its maker and all that inherit the descriptor hold as long as they live. A
/// process id would not do to tell whose it is: other machines in containers see the same groups, with ids of
/// their own.
bool hold(int group) {
  return ::flock(group, LOCK_SH | LOCK_NB) == 0;
}

/// What a bootstrap that was killed could not remove: "bootstrap-PID.NUMBER" that nobody holds.
void remove_stale_groups(int parent) {
  UniqueFd again = open_directory(parent, ".");
  std::unique_ptr<DIR, int (*)(DIR*)> listing(again ? ::fdopendir(again.release()) : nullptr, &::closedir);
  if (!listing)
    return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    if (!name.starts_with(kPrefix))
      continue;
    UniqueFd group = open_directory(parent, name);
    if (group && ::flock(group.get(), LOCK_EX | LOCK_NB) == 0)
      remove_group(parent, name);
  }
}

UniqueFd open_parent(const CgroupHierarchy& hierarchy) {
  std::string path = hierarchy.mount_point + hierarchy.group;
  if (hierarchy.unified && hierarchy.group != "/")
    path += "/..";
  return open_directory(AT_FDCWD, path);
}

/// A new group in `parent`, held; no descriptor when none can be made. Somebody who tidies up may have taken
/// it away before we held it.
std::pair<std::string, UniqueFd> make_group(int parent) {
  for (unsigned number = 0;; ++number) {
    std::string name = kPrefix + std::to_string(::getpid()) + "." + std::to_string(number);
    if (::mkdirat(parent, name.c_str(), 0755) == 0) {
      UniqueFd group = open_directory(parent, name);
      if (group && hold(group.get()) && ::faccessat(group.get(), "cgroup.procs", F_OK, 0) == 0)
        return {std::move(name), std::move(group)};
    } else if (errno != EEXIST) {
      return {};
    }
  }
}

/// What is to be had of the controllers. A parent that has processes of its own gives none.
bool delegate_controllers(int group, const std::vector<std::string>& controllers) {
  bool any = false;
  for (const std::string& controller : controllers)
    any |= write_cgroup_file(group, "cgroup.subtree_control", "+" + controller);
  return any;
}

std::vector<CgroupHierarchy> own_hierarchies() {
  return find_cgroup_hierarchies(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"));
}

/// Whether processes other than this one are in the group itself.
bool has_others(int group) {
  UniqueFd fd(::openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC));
  const std::string processes = fd ? read_all(fd.get()) : "unknown";
  return !processes.empty() && processes != std::to_string(::getpid()) + "\n";
}

/// A group that was delegated to us (by systemd, to a user) is ours to make groups in, once no process is in
/// it itself. So we move into one below it, from where it looks as if we were root: groups can be made beside
/// ours. There is another in between which nobody else may enter, for the worker, whose ids are not ours, can
/// only be given groups by letting all ids write to them. More threads than one may do this at the same time.
void enter_leaf(const CgroupHierarchy& hierarchy) {
  constexpr const char* kPrivate = "bootstrap";
  UniqueFd delegated = open_directory(AT_FDCWD, hierarchy.mount_point + hierarchy.group);
  if (!delegated || ::faccessat(delegated.get(), "cgroup.subtree_control", W_OK, 0) < 0 ||
      has_others(delegated.get()))
    return;
  ::mkdirat(delegated.get(), kPrivate, 0700);
  UniqueFd ours = open_directory(delegated.get(), kPrivate);
  if (!ours)
    return;
  ::mkdirat(ours.get(), "self", 0700);
  write_cgroup_file(ours.get(), "self/cgroup.procs", std::to_string(::getpid()));
  delegate_controllers(delegated.get(), hierarchy.controllers);
  delegate_controllers(ours.get(), hierarchy.controllers);
}

/// Lets the worker make groups in the group, and move its processes between them.
bool give_to_worker(int group, const IdRange& ids, bool unified) {
  if (::geteuid() == 0) {
    return ::fchown(group, ids.first_uid, ids.first_gid) == 0 &&
           (!unified || ::fchownat(group, "cgroup.procs", ids.first_uid, ids.first_gid, 0) == 0);
  }
  return unified && ::fchmod(group, 0777) == 0 && ::fchmodat(group, "cgroup.procs", 0666, 0) == 0;
}

}  // namespace

WorkerCgroup::WorkerCgroup(const IdRange& ids) {
  try {
    if (::geteuid() != 0) {
      for (const CgroupHierarchy& hierarchy : own_hierarchies()) {
        if (hierarchy.unified)
          enter_leaf(hierarchy);
      }
    }
    for (const CgroupHierarchy& hierarchy : own_hierarchies()) {
      if (groups_.size() < kMaximalGroups)
        make(hierarchy, ids);
    }
  } catch (const Error&) {
    return;  // there is no /proc, or none that we may read
  }
}

void WorkerCgroup::make(const CgroupHierarchy& hierarchy, const IdRange& ids) {
  Group group;
  if (!(group.parent = open_parent(hierarchy)))
    return;
  remove_stale_groups(group.parent.get());
  std::tie(group.name, group.fd) = make_group(group.parent.get());
  if (!group.fd)
    return;
  bool usable = give_to_worker(group.fd.get(), ids, hierarchy.unified);
  if (usable && hierarchy.unified) {
    usable = delegate_controllers(group.fd.get(), hierarchy.controllers) &&
             ::mkdirat(group.fd.get(), kLeaf, 0755) == 0 && (leaf_ = open_directory(group.fd.get(), kLeaf));
  }
  if (usable)
    groups_.push_back(std::move(group));
  else
    remove_group(group.parent.get(), group.name);
}

WorkerCgroup::~WorkerCgroup() {
  for (const Group& group : groups_)
    remove_group(group.parent.get(), group.name);
}

std::vector<int> WorkerCgroup::fds() const {
  std::vector<int> fds;
  for (const Group& group : groups_)
    fds.push_back(group.fd.get());
  return fds;
}

}  // namespace bootstrap
