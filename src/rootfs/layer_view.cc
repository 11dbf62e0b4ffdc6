#include "rootfs/layer_view.h"

#include "rootfs/tree.h"

namespace bootstrap {

namespace {

std::string beside(const std::string& path, const std::string& name) {
  const std::string parent = parent_of(path);
  return parent == "." ? name : parent + "/" + name;
}

}  // namespace

Entry whiteout_of(const std::string& path, std::int64_t mtime) {
  Entry whiteout;
  whiteout.path = beside(path, std::string(kWhiteoutPrefix) + name_of_path(path));
  whiteout.mode = 0644;
  whiteout.mtime = mtime;
  whiteout.digest = Digest::of("");
  return whiteout;
}

std::optional<std::string> hidden_by(const Entry& entry) {
  const std::string name = name_of_path(entry.path);
  if (!name.starts_with(kWhiteoutPrefix))
    return std::nullopt;
  return beside(entry.path, name.substr(kWhiteoutPrefix.size()));
}

void LayerView::add_package(const Segment& package, const std::set<std::string>& masked) {
  for (const Entry& directory : package.directories) {
    const Entry* there = find(directory.path);
    if (masked.count(directory.path) == 0 && (there == nullptr || there->type != EntryType::kDirectory))
      put(directory);
  }
  for (const auto& source : package.entries)
    if (masked.count(source.entry.path) == 0)
      put(source.entry);
}

void LayerView::add_state(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (const auto hidden = hidden_by(entry)) {
      remove(*hidden);
    } else {
      put(entry);
    }
  }
}

const Entry* LayerView::find(const std::string& path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : found->second;
}

// A directory over a directory changes its metadata; anything else takes the place of what was there with all
// below it.
void LayerView::put(const Entry& entry) {
  const Entry* there = find(entry.path);
  if (there != nullptr && there->type == EntryType::kDirectory && entry.type != EntryType::kDirectory)
    remove(entry.path);
  entries_[entry.path] = &entry;
}

void LayerView::remove(const std::string& path) {
  entries_.erase(path);
  const std::string below = path + "/";
  auto first = entries_.lower_bound(below);
  auto last = first;
  while (last != entries_.end() && last->first.starts_with(below))
    ++last;
  entries_.erase(first, last);
}

}  // namespace bootstrap
