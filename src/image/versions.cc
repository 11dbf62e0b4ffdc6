#include "image/versions.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bootstrap {
namespace {

std::string_view without_suffix(std::string_view version) {
  if (version.ends_with(kRejectedSuffix))
    version.remove_suffix(kRejectedSuffix.size());
  return version;
}

/// N of "PREFIX.N"
std::optional<std::uint64_t> number_after(std::string_view version, std::string_view prefix) {
  if (!version.starts_with(prefix) || version.substr(prefix.size(), 1) != ".")
    return std::nullopt;
  std::string_view digits = version.substr(prefix.size() + 1);
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return number;
}

}  // namespace

std::string next_version(const std::vector<std::string>& existing, const std::string& recipe_version,
                         const std::string& date) {
  const std::string& prefix = recipe_version.empty() ? date : recipe_version;
  bool bare = recipe_version.empty();  // the first version of a day has no number, its second is number 1
  auto is_today = [&](const std::string& version) { return without_suffix(version) == date; };
  if (bare && std::none_of(existing.begin(), existing.end(), is_today))
    return date;
  std::uint64_t next = bare ? 1 : 0;
  for (const std::string& version : existing) {
    if (auto number = number_after(without_suffix(version), prefix))
      next = std::max(next, *number + 1);
  }
  return prefix + "." + std::to_string(next);
}

}  // namespace bootstrap
