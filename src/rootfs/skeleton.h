// What a tree has before its first package: the places that the kernel and dpkg need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "package/segment.h"
#include "rootfs/tree.h"

namespace bootstrap {

/// Directories and links of an empty root, and an empty dpkg database.
void make_skeleton(const Tree& tree, const std::string& architecture);

/// Makes the links of a merged-/usr system (bin -> usr/bin; lib64 -> usr/lib64 when a package ships that).
void link_merged_directories(const Tree& tree, const std::vector<const Segment*>& packages);
/// These links, as name and target.
std::vector<std::pair<std::string, std::string>> merged_links(const std::vector<const Segment*>& packages);

/// The device nodes of /dev that an image has, as tar entries: a user namespace may not make them on disk.
std::vector<Entry> device_nodes(std::int64_t mtime);

}  // namespace bootstrap
