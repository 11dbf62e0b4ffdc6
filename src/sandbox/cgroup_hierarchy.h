// Where this process is in the cgroup hierarchies of the machine: one for all controllers (version 2), one
// for each (version 1), or both at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

struct CgroupHierarchy {
  std::string mount_point;
  std::string group;     ///< of this process, relative to the mount point, with a slash in front
  bool unified = false;  ///< cgroup v2
  std::vector<std::string> controllers;  ///< those of the wanted that are to be had here, perhaps
};

/// The hierarchies that may limit memory, processes and CPU time, from the text of /proc/self/cgroup and
/// /proc/self/mountinfo. A controller that a hierarchy of version 1 has is not in version 2. The one with
/// memory comes first.
std::vector<CgroupHierarchy> find_cgroup_hierarchies(std::string_view cgroup, std::string_view mountinfo);

/// Writes to a file of a cgroup; whether that could be done.
bool write_cgroup_file(int group, const char* file, const std::string& value);

/// The number after `key` in a file of "KEY NUMBER" lines; 0 when there is none.
std::uint64_t read_cgroup_value(int group, const char* file, std::string_view key);

}  // namespace bootstrap
