// A second layer below the system call filter, by other code of the kernel: should a filter have a hole, or a
// namespace, this still holds.
#pragma once

namespace bootstrap {

/// The version of landlock that the kernel has and uses; 0 for none.
int landlock_version();

/// Below this, files could not be moved between directories any more.
inline constexpr int kUsableLandlock = 2;

/// For this process and its future children: no mounts, no block devices, no tracing of others, and where the
/// kernel knows how (version 6) no signals to others and no connections to abstract sockets of others. Others
/// are all but the process and its children. Needs no_new_privs; does nothing where landlock is not usable.
void enter_landlock_domain();

}  // namespace bootstrap
