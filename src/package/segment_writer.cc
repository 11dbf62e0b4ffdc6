#include "package/segment_writer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "package/entry_checks.h"
#include "package/path_order.h"
#include "package/tar_writer.h"

namespace bootstrap {
namespace {

/// The names of one file.
struct LinkGroup {
  SegmentEntry file;   ///< as it came
  std::string leader;  ///< the name that now is the file; empty until it is known
};

using LinkGroups = std::unordered_map<std::string, LinkGroup>;

/// Groups by the path of the file that their hard links name.
LinkGroups find_groups(const std::vector<SegmentEntry>& entries) {
  LinkGroups groups;
  for (const SegmentEntry& item : entries) {
    if (item.entry.type == EntryType::kHardlink)
      groups[item.entry.link_target];
  }
  if (groups.empty())
    return groups;
  for (const SegmentEntry& item : entries) {
    auto group = groups.find(item.entry.path);
    if (group != groups.end())
      group->second.file = item;
  }
  return groups;
}

/// Makes `item`, one of the group's names, the file or a hard link to it.
void regroup(SegmentEntry& item, LinkGroup& group) {
  std::string path = std::move(item.entry.path);
  item = group.file;
  item.entry.path = std::move(path);
  if (group.leader.empty()) {
    group.leader = item.entry.path;
    return;
  }
  item.entry.type = EntryType::kHardlink;
  item.entry.link_target = group.leader;
  item.entry.size = 0;
  item.entry.digest = {};
  item.entry.xattrs.clear();
  item.offset = 0;
}

}  // namespace

std::vector<SegmentEntry> canonical_order(std::vector<SegmentEntry> entries,
                                          const std::set<std::string>& masked) {
  std::sort(entries.begin(), entries.end(), [](const SegmentEntry& a, const SegmentEntry& b) {
    return PathOrder()(a.entry.path, b.entry.path);
  });
  auto twice = std::adjacent_find(
      entries.begin(), entries.end(),
      [](const SegmentEntry& a, const SegmentEntry& b) { return a.entry.path == b.entry.path; });
  if (twice != entries.end())
    throw Error(ErrorKind::kFailure, "the path " + printable(twice->entry.path) + " comes twice");

  LinkGroups groups = find_groups(entries);
  std::vector<SegmentEntry> ordered;
  ordered.reserve(entries.size());
  for (SegmentEntry& item : entries) {
    if (masked.count(item.entry.path) > 0)
      continue;
    auto group =
        groups.find(item.entry.type == EntryType::kHardlink ? item.entry.link_target : item.entry.path);
    if (group != groups.end())
      regroup(item, group->second);
    ordered.push_back(std::move(item));
  }
  return ordered;
}

void write_segment(std::vector<SegmentEntry>& entries, const Spool& content, const ByteSink& sink) {
  std::uint64_t position = 0;
  auto write = [&](std::string_view data) {
    sink(data);
    position += data.size();
  };
  for (SegmentEntry& item : entries) {
    write(tar_header(item.entry));
    if (item.entry.type != EntryType::kFile)
      continue;
    std::uint64_t source = std::exchange(item.offset, position);
    content.read(source, item.entry.size, write);
    write(std::string(tar_padding(item.entry.size), '\0'));
  }
}

}  // namespace bootstrap
