// A tree in memory, as metadata: what `scripts: skip` builds instead of unpacking anything.
#pragma once

#include <cstdint>
#include <string>

#include "package/segment.h"
#include "rootfs/layer_view.h"
#include "rootfs/listing.h"

namespace bootstrap {

class MemoryTree {
 public:
  /// What the layers show; devices are left out, as they are on disk.
  explicit MemoryTree(const LayerView& layers);

  /// Adds or replaces a path (with all below it, where a directory gives way to something else). Missing
  /// parents are made, 0755 root. A hard link becomes the file it links to. A directory that is there
  /// already, also through a symbolic link, stays as it is.
  void put(const Entry& entry);

  bool has(const std::string& path) const { return listing_.count(path) > 0; }
  const Listing& listing() const { return listing_; }

 private:
  void make_parents(const std::string& path);

  Listing listing_;
  std::uint64_t next_inode_ = 1;
};

/// A regular file's entry for generated content.
Entry file_entry(std::string path, std::string_view content, std::uint32_t mode, std::int64_t mtime);
Entry directory_entry(std::string path, std::uint32_t mode, std::int64_t mtime);
Entry symlink_entry(std::string path, std::string target, std::int64_t mtime);

}  // namespace bootstrap
