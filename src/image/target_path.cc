#include "image/target_path.h"

#include <fmt/format.h>

#include <deque>
#include <string_view>

#include "base/error.h"
#include "image/layer_path.h"

namespace bootstrap {
namespace {

constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS

std::deque<std::string> components_of(std::string_view path) {
  std::deque<std::string> names;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin)
      names.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

std::string resolve_in_tree(const std::string& path, const FindEntry& find, bool follow_last) {
  std::string reached = ".";
  std::deque<std::string> rest = components_of(path);
  int links = 0;
  while (!rest.empty()) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    if (name == "." || name == "..") {
      if (name == "..")
        reached = parent_path(reached);
      continue;
    }
    const std::string next = child_path(reached, name);
    const Entry* entry = find(next);
    const bool is_last = rest.empty();
    if (entry != nullptr && entry->type == EntryType::kSymlink && (!is_last || follow_last)) {
      if (++links > kMostLinks)
        throw Error(ErrorKind::kUsage, fmt::format("/{} leads through too many links", path));
      if (entry->link_target.starts_with('/'))
        reached = ".";
      const std::deque<std::string> target = components_of(entry->link_target);
      rest.insert(rest.begin(), target.begin(), target.end());
      continue;
    }
    if (entry != nullptr && entry->type != EntryType::kDirectory && !is_last)
      throw Error(ErrorKind::kUsage, fmt::format("/{} leads through /{}, which is no folder", path, next));
    reached = next;
  }
  return reached;
}

}  // namespace bootstrap
