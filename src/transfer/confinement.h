// The least rights with which something can be fetched, taken on before the first byte comes in: who gets
// hold of this process by way of a hostile server can read no secrets, change nothing that is not verified
// again, and start nothing.
//
// landlock(7): no file can be written but below some directories, and none be read but what programs and
// libraries need, and those that are named. seccomp(2): no call that starts a program, looks into another
// process, mounts, or talks to rare parts of the kernel; sockets only of the families that fetching needs. No
// capabilities but the one by which root writes into a user's store.
#pragma once

#include <filesystem>
#include <vector>

namespace bootstrap {

struct Reach {
  std::vector<std::filesystem::path> writable;  ///< directories
  std::vector<std::filesystem::path>
      readable;  ///< more files and directories; those that are not there count not
};

/// Kernels without landlock or seccomp give what they have. Throws when they refuse what they should have.
void confine(const Reach& reach);

}  // namespace bootstrap
