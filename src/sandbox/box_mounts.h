// The file system of the box: the tree with fresh proc, sys, dev and the like on it, as seen by nobody else.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// What a box is put together from, all detached.
struct BoxMounts {
  UniqueFd tree;     ///< a copy of the mount of spec.root
  UniqueFd changes;  ///< of make_changes_mount()
  UniqueFd devpts;
};

/// Throws kSandbox, naming it, when one of the devices is not there that every box gets.
void require_devices();

/// To be called in the mount namespace where spec.root was opened.
BoxMounts prepare_mounts(const SandboxSpec& spec);

/// What a box became.
struct BoxView {
  /// The box's /proc where the kernel gives no fresh one: a copy of the one outside, with its process
  /// numbers. To be made read-only before a program can do anything.
  UniqueFd outer_proc = {};
  std::vector<UniqueFd> in_memory = {};    ///< the file systems in memory that the program can write
  bool low_ports = true;                   ///< everybody in the box's network may listen on ports below 1024
  std::vector<std::string> degraded = {};  ///< what this machine could not give, in words
  bool weakened = false;                   ///< see SandboxResult
};

/// Makes the tree the root directory of this process, with all mounts of the profile, and lets go of the old
/// root for good. To be called by PID 1 of the box, in a mount, PID and network namespace of its own. Throws
/// kFailure when the tree has something else than a directory where one is needed: a symbolic link in a
/// hostile tree would lead mounts to the outside.
BoxView enter_tree(BoxMounts mounts, const SandboxSpec& spec);

}  // namespace bootstrap
