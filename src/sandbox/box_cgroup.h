// The memory limit of a box as a whole, in the cgroup that the worker was given.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/fd.h"

namespace bootstrap {

/// A fresh group for one box. Removed with this object, when the box is gone.
class BoxCgroup {
 public:
  /// Null where the worker has no cgroup. `memory` in bytes.
  static std::unique_ptr<BoxCgroup> make(std::uint64_t memory);
  ~BoxCgroup();
  BoxCgroup(const BoxCgroup&) = delete;
  BoxCgroup& operator=(const BoxCgroup&) = delete;

  /// Moves the calling process, which must be single-threaded, into the group.
  void enter() const;
  /// How many processes of the box the kernel killed for want of memory.
  std::uint64_t oom_kills() const;
  /// The most memory that the box has had, in bytes; 0 where the kernel does not say (v2 before Linux 5.19).
  std::uint64_t memory_peak() const;

 private:
  BoxCgroup(std::string name, UniqueFd group) : name_(std::move(name)), group_(std::move(group)) {}
  bool limit(std::uint64_t memory);

  std::string name_;
  UniqueFd group_;
};

}  // namespace bootstrap
