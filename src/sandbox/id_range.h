// The spare ids which stand for 0..65535 inside our user namespaces.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// A run of ids on the host. Never contains an id that a person or a service of the host uses, not even the
/// caller's own: after an escape from the sandbox a process is nobody's. A container's user namespace may
/// have no such ids; there it contains those of the container's users, but for root.
struct IdRange {
  static constexpr std::uint32_t kCount = 65536;
  /// The last of them is for PID 1 of a box alone; programs cannot become it, nor name it. Many calls
  /// (prlimit, setpriority, sched_setaffinity) may be made on any process with the same id.
  static constexpr std::uint32_t kInitId = kCount - 1;
  uid_t first_uid = 0;
  gid_t first_gid = 0;
  bool needs_helpers = false;  ///< the maps must be written by newuidmap and newgidmap
  /// There is one id less, as in a container that has 65536 of which root's is not to be used. Nobody becomes
  /// kSpareId then; packages and people have no use for it.
  bool lacks_one = false;
  static constexpr std::uint32_t kSpareId = kCount - 3;

  /// Users of the user namespace that we are in have the same.
  bool shared() const { return first_uid < kCount || first_gid < kCount; }
};

/// For root: the range of `root` in /etc/subuid and /etc/subgid if it has one, else a fixed range of
/// systemd's container space; in a user namespace that has neither, the last ids that it has. For anybody
/// else: their range in these files. Throws kSandbox with the remedy (package uidmap, usermod --add-subuids)
/// when there is none.
IdRange find_id_range();

/// What to do where a container has too few of them.
inline constexpr std::string_view kContainerIdsHint =
    "on the machine outside, whoever starts this container (or namespace) needs 131072 sub-ids, in "
    "/etc/subuid and in /etc/subgid, that nobody else has there: usermod --add-subuids FIRST-LAST "
    "--add-subgids FIRST-LAST NAME, and for podman: podman system migrate";

/// Whether a uid_map or gid_map of /proc has all of the range: in a user namespace, that of a container say,
/// it may not.
bool has_range(std::string_view map, std::uint32_t first);

/// The highest `count` ids in a row which such a map has, without 0.
std::optional<std::uint32_t> find_last_range(std::string_view map, std::uint32_t count);

/// Whether a worker's uid_map or gid_map is of IdRange::shared() ids.
bool maps_users(std::string_view map);

/// The identity on the ids of a uid_map or gid_map below `end`, as such a map is written.
std::string identity_map(std::string_view map, std::uint32_t end);
}  // namespace bootstrap
