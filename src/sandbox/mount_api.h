// The mount API of Linux 5.2 on descriptors: a mount is made detached, gets its flags, and is attached to
// directories that were opened beforehand. No path of a hostile tree is ever resolved by the kernel for us.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace bootstrap {

using MountOptions = std::vector<std::pair<std::string, std::string>>;  ///< an empty value makes it a flag

/// A new, detached mount of a new file system instance; `attributes` are MOUNT_ATTR_*.
UniqueFd make_mount(const std::string& type, const MountOptions& options, std::uint64_t attributes);

/// A detached copy of the mount at `path` below `dir` (empty: `dir` itself), without what is mounted below
/// it.
UniqueFd clone_mount(int dir, const std::string& path, std::uint64_t attributes = 0);

enum class MountDepth { kOne, kAll /* with what is mounted below it */ };

/// A detached copy of the mount that `fd` is open on, starting there.
UniqueFd clone_mounts_at(int fd);

/// Adds MOUNT_ATTR_* to a mount.
void add_mount_attributes(int mount, std::uint64_t attributes, MountDepth depth = MountDepth::kOne);

/// Puts a detached mount on the directory or file that `target` is open on.
void attach_mount(int mount, int target, std::string_view where);

/// Puts a detached mount on top of this process's root directory. Paths keep leading to what is below it, so
/// nothing is hidden; the mount is reachable by its descriptor only. It is the one place that always exists.
void attach_mount_unseen(int mount);

}  // namespace bootstrap
