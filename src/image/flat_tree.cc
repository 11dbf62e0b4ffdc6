#include "image/flat_tree.h"

#include <iterator>
#include <unordered_map>

#include "base/error.h"

namespace bootstrap {

void FlatTree::apply(const Entry& entry, std::uint64_t content) {
  require_parent(entry);
  if (auto whiteout = parse_whiteout(entry.path)) {
    if (whiteout->name.empty()) {
      hide_children(whiteout->directory);
      return;
    }
    std::string hidden = child_path(whiteout->directory, whiteout->name);
    hide_children(hidden);
    hide_one(hidden);
    return;
  }
  std::shared_ptr<Node> node;
  if (entry.type == EntryType::kHardlink) {
    auto target = places_.find(entry.link_target);
    if (target == places_.end() || target->second.node->entry.type == EntryType::kDirectory)
      throw Error(ErrorKind::kFailure, entry.path + " is a hard link to " + entry.link_target +
                                           ", which is missing or a directory");
    node = target->second.node;
  } else {
    node = std::make_shared<Node>(Node{entry, content});
  }
  if (entry.type != EntryType::kDirectory)
    remove_children(entry.path);
  places_[entry.path] = {std::move(node), layer_};
}

/// The nearest ancestor that is there, which what is above it was checked against.
void FlatTree::require_parent(const Entry& entry) const {
  if (entry.path == ".") {
    if (entry.type != EntryType::kDirectory)
      throw Error(ErrorKind::kFailure, "the root of a layer is not a directory");
    return;
  }
  for (std::string above = parent_path(entry.path); above != "."; above = parent_path(above)) {
    const auto place = places_.find(above);
    if (place == places_.end())
      continue;
    if (place->second.node->entry.type != EntryType::kDirectory)
      throw Error(ErrorKind::kFailure, entry.path + " lies below " + above + ", which is no directory");
    return;
  }
}

std::vector<FlatTree::Item> FlatTree::items() const {
  std::unordered_map<const Node*, std::string> first_paths;
  std::vector<Item> items;
  items.reserve(places_.size());
  for (const auto& [path, place] : places_) {
    Item item{place.node->entry, place.node->content};
    auto [first, is_first] = first_paths.emplace(place.node.get(), path);
    item.entry.path = path;
    if (!is_first) {
      item.entry.type = EntryType::kHardlink;
      item.entry.link_target = first->second;
      item.entry.size = 0;
      item.entry.xattrs.clear();
    }
    items.push_back(std::move(item));
  }
  return items;
}

// In PathOrder what is below a path follows it at once, and '\1' is the character after '/'. Everything is
// below the root, except itself, which sorts by its name "." like anything else.
FlatTree::Places::iterator FlatTree::first_below(const std::string& path) {
  return path == "." ? places_.begin() : places_.upper_bound(path);
}

FlatTree::Places::iterator FlatTree::end_below(const std::string& path) {
  return path == "." ? places_.end() : places_.lower_bound(path + '\1');
}

void FlatTree::remove_children(const std::string& path) {
  places_.erase(first_below(path), end_below(path));
}

/// Backwards, so that a directory is looked at after what is in it.
void FlatTree::hide_children(const std::string& path) {
  std::vector<std::string> below;
  for (auto place = first_below(path); place != end_below(path); ++place)
    below.push_back(place->first);
  for (auto child = below.rbegin(); child != below.rend(); ++child)
    hide_one(*child);
}

/// A directory stays if something of this layer is in it, and the root always.
void FlatTree::hide_one(const std::string& path) {
  auto place = places_.find(path);
  if (path != "." && place != places_.end() && place->second.layer != layer_ &&
      first_below(path) == end_below(path))
    places_.erase(place);
}

}  // namespace bootstrap
