// What may change by itself: `update`.
#include <array>

#include "recipe/sections.h"
#include "recipe/syntax.h"

namespace bootstrap {

std::string_view name_of(UpdatePolicy::Allow allow) {
  switch (allow) {
    case UpdatePolicy::Allow::kSecurity:
      return "security";
    case UpdatePolicy::Allow::kAll:
      return "all";
    case UpdatePolicy::Allow::kNone:
      return "none";
  }
  return "unknown";
}

void read_update(const YamlNode& node, UpdatePolicy& update) {
  constexpr auto kAllowed =
      std::to_array({UpdatePolicy::Allow::kSecurity, UpdatePolicy::Allow::kAll, UpdatePolicy::Allow::kNone});
  node.map_of({"allow", "hold", "max-age"});
  if (const YamlNode* allow = node.find("allow")) {
    const std::array names{name_of(kAllowed[0]), name_of(kAllowed[1]), name_of(kAllowed[2])};
    update.allow = kAllowed[allow->one_of(names)];
  }
  if (const YamlNode* hold = node.find("hold"))
    update.hold = checked_list(*hold, is_package_name, "not the name of a package");
  if (const YamlNode* age = node.find("max-age")) {
    const auto hours = parse_age(age->scalar());
    if (!hours)
      age->fail("not an age", "a number with its unit, h, d or w, as in 24h or 7d");
    update.max_age = *hours;
  }
}

}  // namespace bootstrap
