#include "rootfs/memory_tree.h"

#include "base/error.h"

namespace bootstrap {

MemoryTree::MemoryTree(const LayerView& layers) {
  // Links wait for their targets, which may come later by name.
  for (const auto& [path, entry] : layers.entries())
    if (path != "." && entry->type != EntryType::kHardlink && entry->type != EntryType::kCharacterDevice &&
        entry->type != EntryType::kBlockDevice)
      put(*entry);
  for (const auto& [path, entry] : layers.entries())
    if (entry->type == EntryType::kHardlink)
      put(*entry);
}

void MemoryTree::put(const Entry& entry) {
  if (entry.path == ".")
    return;
  if (entry.type == EntryType::kDirectory) {
    const auto there = listing_.find(entry.path);
    if (there != listing_.end() && (there->second.entry.type == EntryType::kDirectory ||
                                    there->second.entry.type == EntryType::kSymlink))
      return;
  }
  make_parents(entry.path);
  Node node{entry, next_inode_++};
  if (entry.type == EntryType::kHardlink) {
    const auto target = listing_.find(entry.link_target);
    if (target == listing_.end())
      throw Error(ErrorKind::kFailure, "hard link " + entry.path + " to a file that is left out",
                  "leave it out too, or neither");
    node = target->second;
    node.entry.path = entry.path;
  }
  if (entry.type != EntryType::kDirectory) {
    const std::string below = entry.path + "/";
    auto first = listing_.lower_bound(below);
    while (first != listing_.end() && first->first.starts_with(below))
      first = listing_.erase(first);
  }
  listing_.insert_or_assign(entry.path, std::move(node));
}

void MemoryTree::make_parents(const std::string& path) {
  const std::string parent = parent_of(path);
  if (parent != "." && !has(parent))
    put(directory_entry(parent, 0755, 0));
}

Entry file_entry(std::string path, std::string_view content, std::uint32_t mode, std::int64_t mtime) {
  Entry entry;
  entry.path = std::move(path);
  entry.mode = mode;
  entry.size = content.size();
  entry.mtime = mtime;
  entry.digest = Digest::of(content);
  return entry;
}

Entry directory_entry(std::string path, std::uint32_t mode, std::int64_t mtime) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = EntryType::kDirectory;
  entry.mode = mode;
  entry.mtime = mtime;
  return entry;
}

Entry symlink_entry(std::string path, std::string target, std::int64_t mtime) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = EntryType::kSymlink;
  entry.mode = 0777;
  entry.mtime = mtime;
  entry.link_target = std::move(target);
  return entry;
}

}  // namespace bootstrap
