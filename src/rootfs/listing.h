// What a tree holds, read without trusting it: scripts may have left anything. Directories are opened beneath
// the root without following links, and only regular files are ever opened for reading.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "package/entry.h"
#include "rootfs/tree.h"
#include "rootfs/unpack.h"

namespace bootstrap {

/// A path of the tree. Every regular file is a kFile here; files that are hard links of each other have the
/// same inode.
struct Node {
  Entry entry;
  std::uint64_t inode = 0;
};
/// By path, without the root; a directory comes before what is in it.
using Listing = std::map<std::string, Node>;

/// Everything below `start` ("." for all). A file whose stamp still equals the one in `written` is taken to
/// be what was written, and not read. Devices and sockets are left out. Throws for what no layer could hold:
/// a path of 4 KiB and more, the name of a whiteout.
Listing list_tree(const Tree& tree, const WrittenPaths& written, const std::string& start = ".");

/// Removes `path` with all below it; nothing happens when it is not there.
void remove_tree(const Tree& tree, const std::string& path);

/// Until the kernel's coarse clock has moved beyond the present, so that whatever is changed from now on gets
/// another ctime than what was written before.
void wait_for_clock_tick();

}  // namespace bootstrap
