// The limits of a box as a whole, in the cgroups that the worker was given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "sandbox/sandbox.h"

namespace bootstrap {

/// Fresh groups for one box, one in each hierarchy that can hold a limit of it. Removed with this object,
/// when the box is gone.
class BoxCgroup {
 public:
  /// With fewer limits than wanted where the worker's groups cannot have them.
  explicit BoxCgroup(const SandboxLimits& limits);
  ~BoxCgroup();
  BoxCgroup(const BoxCgroup&) = delete;
  BoxCgroup& operator=(const BoxCgroup&) = delete;

  bool limits_memory() const { return memory_ >= 0; }
  bool limits_pids() const { return pids_ >= 0; }
  bool limits_cpus() const { return cpus_; }

  /// Moves the calling process, which must be single-threaded, into the groups.
  void enter() const;
  /// How many processes of the box the kernel killed for want of memory.
  std::uint64_t oom_kills() const;
  /// How often a process could not be made because there were as many as allowed.
  std::uint64_t refused_processes() const;
  /// The most memory that the box has had, in bytes; 0 where the kernel does not say (v2 before Linux 5.19).
  std::uint64_t memory_peak() const;

 private:
  struct Group {
    int parent;
    std::string name;
    UniqueFd fd;
  };
  bool limit(int group, const SandboxLimits& limits);

  std::vector<Group> groups_;
  int memory_ = -1;  ///< the group that limits it
  int pids_ = -1;
  bool cpus_ = false;
};

}  // namespace bootstrap
