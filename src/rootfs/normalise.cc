#include "rootfs/normalise.h"

#include <map>
#include <set>
#include <utility>

#include "rootfs/canonical_files.h"

namespace bootstrap {

namespace {

bool leads_to(const Entry& link, const std::set<std::string>& names) {
  return link.type == EntryType::kSymlink && names.count(name_of_path(link.link_target)) > 0;
}

}  // namespace

void normalise_files(const Tree& tree, std::int64_t newest_mtime) {
  if (tree.exists("etc/machine-id")) {  // a new file, so that its mode is not left to who made it
    tree.remove("etc/machine-id");
    tree.write("etc/machine-id", "");
  }
  make_canonical(tree, newest_mtime);
}

Leftovers drop_leftovers(Listing& listing, const LayerView& layers, const StateRuleBook& rules) {
  Leftovers result;
  std::set<std::string> secrets;
  struct Cleared {
    bool packages = false;  ///< files of packages, too
    std::string note;       ///< for the first thing that goes
  };
  std::map<std::string, Cleared> cleared;  ///< directories of which nothing stays
  const auto drop = [&](const Node& node, bool packages) {
    if (node.entry.type == EntryType::kDirectory)
      cleared.emplace(node.entry.path, Cleared{packages, {}});
    result.paths.push_back(node.entry.path);
    return true;
  };
  std::erase_if(listing, [&](const auto& item) {
    const auto& [path, node] = item;
    const bool shipped = layers.find(path) != nullptr;
    const auto above = cleared.find(parent_of(path));
    if (above != cleared.end() && (!shipped || above->second.packages)) {
      if (std::string note = std::exchange(above->second.note, {}); !note.empty())
        result.notes.push_back(std::move(note));
      return drop(node, above->second.packages);
    }
    StateVerdict verdict = rules.judge(path);
    if (verdict.action == StateAction::kEmpty && node.entry.type == EntryType::kDirectory)
      cleared.emplace(path, Cleared{verdict.asked, std::move(verdict.note)});
    const bool goes = verdict.action == StateAction::kDrop || verdict.action == StateAction::kRemove;
    if (!goes || (shipped && !verdict.asked))
      return false;
    if (verdict.action == StateAction::kRemove) {
      result.notes.push_back(std::move(verdict.note));
      secrets.insert(name_of_path(path));
    }
    return drop(node, verdict.asked);
  });
  // update-ca-certificates and c_rehash name certificates by hash: links to what is gone.
  std::erase_if(listing, [&](const auto& item) {
    return !secrets.empty() && leads_to(item.second.entry, secrets) && layers.find(item.first) == nullptr &&
           drop(item.second, false);
  });
  return result;
}

std::vector<std::string> empty_files(const Tree& tree, const Listing& listing, const LayerView& layers,
                                     const StateRuleBook& rules) {
  std::vector<std::string> notes;
  for (const auto& [path, node] : listing) {
    if (node.entry.type != EntryType::kFile || node.entry.size == 0)
      continue;
    const StateVerdict verdict = rules.judge(path);
    if (verdict.action != StateAction::kEmpty || (layers.find(path) != nullptr && !verdict.asked))
      continue;
    tree.write(path, "");
    notes.push_back(verdict.note);
  }
  return notes;
}

}  // namespace bootstrap
