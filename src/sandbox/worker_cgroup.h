// Cgroups for a worker, so that each box can be limited as a whole. Root of the host can make them, and who
// was given a group of version 2 as a whole, as by systemd-run --user --scope -p Delegate=yes; where there
// are none, PID 1 of a box watches its memory instead, and processes are bounded by a resource limit.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "sandbox/cgroup_hierarchy.h"
#include "sandbox/id_range.h"

namespace bootstrap {

/// Groups below (version 1) or beside (version 2, where a group with processes may have no groups below) the
/// ones we are in: what limits us limits the worker. They are the worker's to make groups in. Removed at the
/// end.
class WorkerCgroup {
 public:
  static constexpr std::size_t kMaximalGroups = 3;

  /// Never throws for want of a group: there are fewer fds() then.
  explicit WorkerCgroup(const IdRange& ids);
  ~WorkerCgroup();
  WorkerCgroup(const WorkerCgroup&) = delete;
  WorkerCgroup& operator=(const WorkerCgroup&) = delete;

  /// One for each hierarchy, kMaximalGroups at most.
  std::vector<int> fds() const;
  /// Where the worker itself must be born; -1: where it would be anyway. In version 2 processes may only be
  /// moved between groups below one that the mover owns; in version 1 the worker may stay outside. It is born
  /// there and not moved, because moving a process makes the kernel wait for all cores, some 15 ms.
  int birthplace() const { return leaf_.get(); }

 private:
  struct Group {
    UniqueFd parent;
    std::string name;
    UniqueFd fd;
  };
  void make(const CgroupHierarchy& hierarchy, const IdRange& ids);

  std::vector<Group> groups_;
  UniqueFd leaf_;
};

}  // namespace bootstrap
