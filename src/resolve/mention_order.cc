#include "resolve/mention_order.h"

#include <limits>

namespace bootstrap {

std::uint32_t MentionOrder::rank(std::string_view name) {
  for (;;) {
    if (const auto number = names_.find(name))
      return *number;
    if (next_ == index_.packages.size())
      return std::numeric_limits<std::uint32_t>::max();
    read(index_.packages[next_++]);
  }
}

void MentionOrder::read(const PackageRecord& record) {
  names_.number(record.name);
  // Not parse_relations(): all that is wanted of tens of thousands of fields is the first word of each
  // relation.
  for (std::string_view field :
       {record.pre_depends, record.depends, record.conflicts, record.breaks, record.recommends,
        record.suggests, record.replaces, record.enhances, record.provides})
    while (!field.empty()) {
      const std::size_t begin = field.find_first_not_of(" \t\n,|");
      if (begin == std::string_view::npos)
        break;
      field.remove_prefix(begin);
      const std::string_view name = field.substr(0, field.find_first_of(" \t\n,|(:"));
      field.remove_prefix(name.size());
      const std::size_t end = field.find_first_of(",|");
      field.remove_prefix(end == std::string_view::npos ? field.size() : end);
      if (!name.empty())
        names_.number(name);
    }
}

}  // namespace bootstrap
