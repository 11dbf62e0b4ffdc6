// The spare ids which stand for 0..65535 inside our user namespaces.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// A run of ids on the host. Never contains an id that a person or a service of the host uses, not even the
/// caller's own: after an escape from the sandbox a process is nobody's.
struct IdRange {
  static constexpr std::uint32_t kCount = 65536;
  /// The last of them is for PID 1 of a box alone; programs cannot become it, nor name it. Many calls
  /// (prlimit, setpriority, sched_setaffinity) may be made on any process with the same id.
  static constexpr std::uint32_t kInitId = kCount - 1;
  uid_t first_uid = 0;
  gid_t first_gid = 0;
  bool needs_helpers = false;  ///< the maps must be written by newuidmap and newgidmap
};

/// For root: the range of `root` in /etc/subuid and /etc/subgid if it has one, else a fixed range of
/// systemd's container space. For anybody else: their range in these files. Throws kSandbox with the remedy
/// (package uidmap, usermod --add-subuids) when there is none.
IdRange find_id_range();

/// The first range of at least IdRange::kCount ids that a subuid(5) or subgid(5) file gives to this user, who
/// may be listed by name or by number.
std::optional<std::uint32_t> find_subordinate_range(std::string_view file, const std::string& name,
                                                    uid_t uid);

/// Whether a uid_map or gid_map of /proc has all of the range: in a user namespace, that of a container say,
/// it may not.
bool has_range(std::string_view map, std::uint32_t first);

/// The highest range of systemd's container space that a subuid(5) or subgid(5) file gives to nobody.
std::uint32_t find_unassigned_range(std::string_view file);

}  // namespace bootstrap
