#include "rootfs/state.h"

#include <algorithm>
#include <unordered_map>

#include "package/path_order.h"
#include "rootfs/tree.h"

namespace bootstrap {

namespace {

bool is_device(EntryType type) {
  return type == EntryType::kCharacterDevice || type == EntryType::kBlockDevice;
}

// Whatever packages or scripts make of it (mmdebstrap does the same).
Entry root_directory() {
  Entry root;
  root.path = ".";
  root.type = EntryType::kDirectory;
  root.mode = 0755;
  return root;
}

bool same_metadata(const Entry& a, const Entry& b) {
  return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.xattrs == b.xattrs;
}

class Comparison {
 public:
  Comparison(const LayerView& parents, const std::vector<const Segment*>& own, const Listing& tree,
             std::int64_t newest_mtime, ClockSpan scripts)
      : parents_(parents), own_(own), tree_(tree), newest_mtime_(newest_mtime), scripts_(scripts) {}

  StateDifference run() {
    for (const Segment* package : own_)
      find_masked(*package);
    view_ = parents_;
    for (const Segment* package : own_)
      view_.add_package(*package, result_.masked[package->name]);
    std::erase_if(result_.masked, [](const auto& one) { return one.second.empty(); });
    const Node root{root_directory(), 0};
    if (!shown_as_is(root))
      add(root);
    for (const auto& [path, node] : tree_)
      if (!shown_as_is(node))
        add(node);
    add_whiteouts();
    add_parents();
    std::sort(result_.entries.begin(), result_.entries.end(),
              [](const Entry& a, const Entry& b) { return PathOrder()(a.path, b.path); });
    result_.shown = std::move(view_);
    return std::move(result_);
  }

 private:
  // In segment order, so that the target of a hard link is decided before the link.
  void find_masked(const Segment& package) {
    auto& masked = result_.masked[package.name];
    for (const auto& source : package.entries) {
      const Entry& entry = source.entry;
      const auto node = tree_.find(entry.path);
      const bool target_lost = entry.type == EntryType::kHardlink && masked.count(entry.link_target) > 0;
      if (target_lost || node == tree_.end() || !matches(entry, node->second) ||
          !claimed_.insert(entry.path).second)
        masked.insert(entry.path);
    }
    for (const Entry& directory : package.directories)
      if (directory.path != "." && !is_directory(directory.path))
        masked.insert(directory.path);
      else
        directories_[directory.path].push_back(&directory);
  }

  bool is_directory(const std::string& path) const {
    const auto node = tree_.find(path);
    return node != tree_.end() && node->second.entry.type == EntryType::kDirectory;
  }

  bool matches(const Entry& shown, const Node& node) const {
    const Entry& entry = node.entry;
    if (shown.type == EntryType::kHardlink) {
      const auto target = tree_.find(shown.link_target);
      return entry.type == EntryType::kFile && target != tree_.end() && target->second.inode == node.inode;
    }
    if (shown.type != entry.type)
      return false;
    if (shown.type == EntryType::kSymlink)
      return shown.link_target == entry.link_target && shown.uid == entry.uid && shown.gid == entry.gid;
    return same_metadata(shown, entry) && shown.size == entry.size && shown.digest == entry.digest;
  }

  // A directory that several layers may mention goes with the state as soon as two disagree: which of them is
  // applied last is the layer plan's business, not ours.
  bool shown_as_is(const Node& node) const {
    const Entry* shown = view_.find(node.entry.path);
    if (shown == nullptr || !matches(*shown, node))
      return false;
    if (shown->type == EntryType::kHardlink) {  // of the same file, but is it still what the layers have?
      const Entry* target = view_.find(shown->link_target);
      return target != nullptr && target->type == EntryType::kFile && matches(*target, node);
    }
    if (shown->type != EntryType::kDirectory)
      return true;
    const auto shipped = directories_.find(node.entry.path);
    return shipped == directories_.end() ||
           std::all_of(shipped->second.begin(), shipped->second.end(),
                       [&](const Entry* one) { return same_metadata(*one, node.entry); });
  }

  void add(const Node& node) {
    Entry entry = node.entry;
    const bool is_new = entry.type == EntryType::kDirectory || scripts_.holds(entry.mtime);
    entry.mtime = is_new ? newest_mtime_ : std::min(entry.mtime, newest_mtime_);
    if (entry.type == EntryType::kFile) {
      const auto [first, is_first] = inodes_.emplace(node.inode, entry.path);
      if (!is_first) {
        entry.type = EntryType::kHardlink;
        entry.link_target = first->second;
        entry.size = 0;
        entry.digest = {};
        entry.xattrs.clear();
      }
    }
    result_.entries.push_back(std::move(entry));
  }

  // Devices are never in the tree (a user namespace may not make them), only in states.
  void add_whiteouts() {
    for (const auto& [path, shown] : view_.entries()) {
      const std::string parent = parent_of(path);
      if (path == "." || tree_.count(path) > 0 || is_device(shown->type) ||
          (parent != "." && !is_directory(parent)))
        continue;
      result_.entries.push_back(whiteout_of(path, newest_mtime_));
    }
  }

  // A layer must have the directories that its entries lie in. Runtimes that keep layers apart and stack them
  // make a missing one themselves, with a mode of their own, and it hides what the layers below say.
  void add_parents() {
    std::set<std::string> present;
    for (const Entry& entry : result_.entries)
      present.insert(entry.path);
    const std::size_t count = result_.entries.size();
    for (std::size_t i = 0; i < count; ++i) {
      std::string path = parent_of(result_.entries[i].path);
      for (; path != "." && present.insert(path).second; path = parent_of(path))
        add(tree_.at(path));
    }
  }

  const LayerView& parents_;
  const std::vector<const Segment*>& own_;
  const Listing& tree_;
  const std::int64_t newest_mtime_;
  const ClockSpan scripts_;
  LayerView view_;
  StateDifference result_;
  std::set<std::string> claimed_;
  std::unordered_map<std::string, std::vector<const Entry*>> directories_;
  std::unordered_map<std::uint64_t, std::string> inodes_;
};

}  // namespace

StateDifference find_difference(const LayerView& parents, const std::vector<const Segment*>& own,
                                const Listing& tree, std::int64_t newest_mtime, ClockSpan scripts) {
  return Comparison(parents, own, tree, newest_mtime, scripts).run();
}

}  // namespace bootstrap
