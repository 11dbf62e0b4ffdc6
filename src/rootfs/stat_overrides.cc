#include "rootfs/stat_overrides.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "rootfs/dpkg_database.h"

namespace bootstrap {

namespace {

std::string_view take(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::optional<std::uint32_t> number_of(std::string_view digits, int base) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

/// passwd(5) and group(5) both have the name first and the number third.
std::optional<std::uint32_t> id_of(std::string_view name, std::string_view accounts) {
  if (name.starts_with('#'))
    return number_of(name.substr(1), 10);
  while (!accounts.empty()) {
    std::string_view line = take(accounts, '\n');
    if (take(line, ':') != name)
      continue;
    take(line, ':');
    return number_of(take(line, ':'), 10);
  }
  return std::nullopt;
}

}  // namespace

Entry StatOverride::applied_to(Entry entry) const {
  entry.uid = uid;
  entry.gid = gid;
  entry.mode = mode;
  return entry;
}

StatOverrides parse_stat_overrides(std::string_view text, std::string_view passwd, std::string_view group) {
  StatOverrides overrides;
  while (!text.empty()) {
    const std::string_view line = take(text, '\n');
    std::string_view rest = line;
    const auto uid = id_of(take(rest, ' '), passwd);
    const auto gid = id_of(take(rest, ' '), group);
    const auto mode = number_of(take(rest, ' '), 8);
    if (!uid || !gid || !mode || *mode > 07777 || !rest.starts_with('/'))
      throw Error(ErrorKind::kFailure,
                  fmt::format("var/lib/dpkg/statoverride: dpkg cannot read the line \"{}\"", line),
                  "a script made it; an unknown user or group is one that was removed again");
    overrides.insert_or_assign(canonical_dpkg_path(rest), StatOverride{*uid, *gid, *mode});
  }
  return overrides;
}

}  // namespace bootstrap
