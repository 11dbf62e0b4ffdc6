// A cgroup for a worker, so that the memory of each box can be limited as a whole. Only root of the host can
// make one; where there is none, PID 1 of a box watches its memory instead (process_usage.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "sandbox/id_range.h"

namespace bootstrap {

/// Where this process is in the hierarchy that accounts for memory.
struct MemoryHierarchy {
  std::string mount_point;
  std::string group;     ///< of this process, relative to the mount point, with a slash in front
  bool unified = false;  ///< cgroup v2
};

/// From the text of /proc/self/cgroup and /proc/self/mountinfo. A hierarchy of version 1 that has the memory
/// controller wins, for then version 2 has not got it.
std::optional<MemoryHierarchy> find_memory_hierarchy(std::string_view cgroup, std::string_view mountinfo);

/// A group below (version 1) or beside (version 2, where a group with processes may have no groups below) the
/// one we are in: what limits us limits the worker. It is the worker's to make groups in. Removed at the end.
class WorkerCgroup {
 public:
  /// Never throws: fd() is -1 where it cannot be made.
  explicit WorkerCgroup(const IdRange& ids);
  ~WorkerCgroup();
  WorkerCgroup(const WorkerCgroup&) = delete;
  WorkerCgroup& operator=(const WorkerCgroup&) = delete;

  int fd() const { return group_.get(); }
  /// Where the worker itself must be born; -1: where it would be anyway. In version 2 processes may only be
  /// moved between groups below one that the mover owns; in version 1 the worker may stay outside. It is born
  /// there and not moved, because moving a process makes the kernel wait for all cores, some 15 ms.
  int birthplace() const { return leaf_.get(); }

 private:
  UniqueFd parent_;
  std::string name_;
  UniqueFd group_;
  UniqueFd leaf_;
};

}  // namespace bootstrap
