#include "sandbox/subordinate_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/id_range.h"

namespace bootstrap {

namespace {

// Ids below are people and services; systemd never hands out anything outside of this space to containers.
constexpr std::uint32_t kFirstContainerId = 524288;
constexpr std::uint32_t kLastContainerId = 1879048191;

struct Assignment {
  std::string_view owner;
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  bool overlaps(std::uint64_t other_first, std::uint64_t other_count) const {
    return first < other_first + other_count && other_first < first + count;
  }
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  // Blanks in front are what strtoul(3) passes over, and so what shadow's programs do.
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t end; (end = line.find(':')) != std::string_view::npos; line.remove_prefix(end + 1))
    fields.push_back(line.substr(0, end));
  fields.push_back(line);
  return fields;
}

template <typename Function>
void for_each_line(std::string_view text, const Function& function) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    function(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::vector<Assignment> parse_assignments(std::string_view file) {
  std::vector<Assignment> assignments;
  for_each_line(file, [&](std::string_view line) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (fields.size() != 3 || line.starts_with('#'))
      return;
    const auto first = parse_number(fields[1]);
    const auto count = parse_number(fields[2]);
    if (first && count && *first <= UINT32_MAX && *count <= UINT32_MAX)
      assignments.push_back({fields[0], *first, *count});
  });
  return assignments;
}

/// Users of passwd(5) or groups of group(5): their number is the third field.
void add_accounts(std::string_view file, std::vector<Assignment>& taken) {
  for_each_line(file, [&](std::string_view line) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (const auto id = fields.size() > 2 ? parse_number(fields[2]) : std::nullopt; id && *id <= UINT32_MAX)
      taken.push_back({fields[0], *id, 1});
  });
}

/// A number of login.defs(5), which may be written in decimal, octal or hexadecimal.
std::optional<std::uint64_t> setting(std::string_view login_defs, std::string_view name) {
  std::optional<std::uint64_t> value;
  for_each_line(login_defs, [&](std::string_view line) {
    std::istringstream words{std::string(line)};
    std::string key;
    std::string text;
    if (!(words >> key >> text) || key != name)
      return;
    int base = 10;
    std::string_view digits = text;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits.starts_with('0')) {
      base = 8;
    }
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error == std::errc{} && end == digits.data() + digits.size())
      value = number;
  });
  return value;
}

/// Of the setting for users and that for groups, the one that suits both.
template <typename Choice>
std::uint64_t setting_of_both(std::string_view login_defs, const std::string& name, std::uint64_t otherwise,
                              const Choice& choice) {
  return choice(setting(login_defs, "SUB_UID_" + name).value_or(otherwise),
                setting(login_defs, "SUB_GID_" + name).value_or(otherwise));
}

std::string read_or_nothing(const char* path) {
  try {
    return read_file(path, 16 << 20);
  } catch (const Error&) {
    return {};
  }
}

bool lists(std::string_view passwd, const std::string& user) {
  bool found = false;
  for_each_line(passwd, [&](std::string_view line) { found |= line.starts_with(user + ":"); });
  return found;
}

}  // namespace

std::optional<std::uint32_t> find_subordinate_range(std::string_view file, const std::string& name,
                                                    uid_t uid) {
  const std::string number = std::to_string(uid);
  for (const Assignment& assignment : parse_assignments(file)) {
    if (assignment.owner != name && assignment.owner != number)
      continue;
    // A range that reaches below 65536 would make payloads equal to the host's own users.
    if (assignment.count >= IdRange::kCount && assignment.first >= IdRange::kCount &&
        assignment.first + IdRange::kCount <= UINT32_MAX)
      return static_cast<std::uint32_t>(assignment.first);
  }
  return std::nullopt;
}

std::uint32_t find_unassigned_range(std::string_view file) {
  const std::vector<Assignment> assignments = parse_assignments(file);
  for (std::uint32_t first = kLastContainerId + 1 - IdRange::kCount; first >= kFirstContainerId;
       first -= IdRange::kCount) {
    if (std::none_of(assignments.begin(), assignments.end(),
                     [&](const Assignment& taken) { return taken.overlaps(first, IdRange::kCount); }))
      return first;
  }
  throw Error(ErrorKind::kSandbox, "every id range for containers is assigned to somebody",
              "give root a range of its own: usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST root");
}

IdFiles IdFiles::of_this_machine() {
  return {read_or_nothing("/etc/subuid"), read_or_nothing("/etc/subgid"), read_or_nothing("/etc/passwd"),
          read_or_nothing("/etc/group"), read_or_nothing("/etc/login.defs")};
}

std::optional<NewRange> find_new_range(const IdFiles& files) {
  using Number = const std::uint64_t&;
  const auto larger = [](Number a, Number b) { return std::max(a, b); };
  const auto smaller = [](Number a, Number b) { return std::min(a, b); };
  // The defaults of login.defs(5).
  const std::uint64_t minimum = setting_of_both(files.login_defs, "MIN", 100000, larger);
  const std::uint64_t maximum = setting_of_both(files.login_defs, "MAX", 600100000, smaller);
  const std::uint64_t count =
      std::max<std::uint64_t>(setting_of_both(files.login_defs, "COUNT", 65536, larger), IdRange::kCount);

  std::vector<Assignment> taken = parse_assignments(files.subuid);
  for (const Assignment& assignment : parse_assignments(files.subgid))
    taken.push_back(assignment);
  add_accounts(files.passwd, taken);
  add_accounts(files.group, taken);
  std::sort(taken.begin(), taken.end(),
            [](const Assignment& a, const Assignment& b) { return a.first < b.first; });

  std::uint64_t first = std::max<std::uint64_t>(minimum, IdRange::kCount);
  for (const Assignment& assignment : taken) {
    if (assignment.overlaps(first, count))
      first = assignment.first + assignment.count;
  }
  const std::uint64_t last = first + count - 1;
  if (last > std::min<std::uint64_t>(maximum, UINT32_MAX - 1))
    return std::nullopt;
  return NewRange{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
}

std::string grant_command(const IdFiles& files, const std::string& user, bool lacks_uids, bool lacks_gids) {
  const auto range = find_new_range(files);
  if (!range) {
    return "every range from SUB_UID_MIN to SUB_UID_MAX of /etc/login.defs is taken: make room there, or in "
           "/etc/subuid and /etc/subgid";
  }
  if (!lists(files.passwd, user)) {  // usermod(8) changes local users only
    return fmt::format("as root: echo {}:{}:{} | tee -a {}{}", user, range->first,
                       range->last - range->first + 1, lacks_uids ? "/etc/subuid" : "",
                       lacks_gids ? (lacks_uids ? " /etc/subgid" : "/etc/subgid") : "");
  }
  std::string command = "as root: usermod";
  if (lacks_uids)
    command += fmt::format(" --add-subuids {}-{}", range->first, range->last);
  if (lacks_gids)
    command += fmt::format(" --add-subgids {}-{}", range->first, range->last);
  return command + " " + user;
}

}  // namespace bootstrap
