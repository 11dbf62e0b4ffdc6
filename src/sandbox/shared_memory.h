// How much memory a box has that is no process's own: files in memory, of a name or of none, and what of
// System V's it has. Where a cgroup counts a box's memory this is in it; elsewhere it must be looked for, by
// PID 1, which for that needs the capabilities to look into the processes of the box
// (CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for the directories of their descriptors).
//
// What nobody can look for is a file without a name whose last descriptor is on its way through a socket, and
// pages of a shared mapping that nobody has mapped any more: a program that means to can hide memory there.
#pragma once

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "sandbox/process_usage.h"

namespace bootstrap {

class SharedMemory {
 public:
  /// `file_systems`: descriptors of those in memory that the box can write. What is in them now does not
  /// count.
  explicit SharedMemory(std::vector<UniqueFd> file_systems);

  /// In bytes. What is mapped and nothing else takes the longest to find, and is looked for when it might
  /// matter: when it may be that all memory together is more than `limit`.
  std::uint64_t in_use(const ProcessUsage& processes, std::uint64_t limit) const;

 private:
  struct FileSystem {
    UniqueFd fd;
    std::uint64_t before = 0;
  };
  std::vector<FileSystem> file_systems_;
  dev_t nameless_ = 0;  ///< the file system of files without a name
};

}  // namespace bootstrap
