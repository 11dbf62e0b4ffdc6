#include "cli/lock_text.h"

#include <fmt/format.h>

namespace bootstrap {

Json to_json(const std::vector<LockChange>& changes) {
  Json json = Json::array();
  for (const LockChange& change : changes)
    json.push_back({{"name", change.name}, {"from", change.from}, {"to", change.to}});
  return json;
}

void print_lock_changes(const std::string& name, const std::vector<LockChange>& changes) {
  for (const LockChange& change : changes) {
    if (change.from.empty()) {
      fmt::print("{}: added {} {}\n", name, change.name, change.to);
    } else if (change.to.empty()) {
      fmt::print("{}: removed {} {}\n", name, change.name, change.from);
    } else {
      fmt::print("{}: moved {} {} -> {}\n", name, change.name, change.from, change.to);
    }
  }
}

}  // namespace bootstrap
