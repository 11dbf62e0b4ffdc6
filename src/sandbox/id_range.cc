#include "sandbox/id_range.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/search_path.h"

namespace bootstrap {

namespace {

// Ids below are people and services; systemd never hands out anything outside of this space to containers.
constexpr std::uint32_t kFirstContainerId = 524288;
constexpr std::uint32_t kLastContainerId = 1879048191;

struct Assignment {
  std::string_view owner;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<Assignment> parse_assignment(std::string_view line) {
  std::size_t first = line.find(':');
  std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos)
    return std::nullopt;
  auto start = parse_number(line.substr(first + 1, second - first - 1));
  auto count = parse_number(line.substr(second + 1));
  if (!start || !count || *start > UINT32_MAX || *count > UINT32_MAX)
    return std::nullopt;
  return Assignment{line.substr(0, first), *start, *count};
}

std::vector<Assignment> parse_assignments(std::string_view file) {
  std::vector<Assignment> assignments;
  while (!file.empty()) {
    std::size_t end = file.find('\n');
    if (auto assignment = parse_assignment(file.substr(0, end)))
      assignments.push_back(*assignment);
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
  }
  return assignments;
}

/// A line of a uid_map or gid_map: ids of the namespace.
struct Extent {
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
};

std::vector<Extent> parse_map(std::string_view map) {
  std::vector<Extent> extents;
  std::istringstream lines{std::string(map)};
  for (Extent extent; lines >> extent.first >> extent.outside >> extent.count;)
    extents.push_back(extent);
  return extents;
}

std::string read_if_present(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? read_file(path, 16 << 20) : std::string();
}

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> strings(64 * 1024);
  ::getpwuid_r(uid, &entry, strings.data(), strings.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(uid);
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
    bool taken = false;
    for (const Assignment& assignment : assignments) {
      taken |= assignment.first < first + IdRange::kCount && first < assignment.first + assignment.count;
    }
    if (!taken)
      return first;
  }
  throw Error(ErrorKind::kSandbox, "every id range for containers is assigned to somebody",
              "give root a range of its own: usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST root");
}

bool has_range(std::string_view map, std::uint32_t first) {
  for (const Extent& extent : parse_map(map)) {
    if (extent.first <= first && std::uint64_t{first} + IdRange::kCount <= extent.first + extent.count)
      return true;
  }
  return false;
}

std::optional<std::uint32_t> find_last_range(std::string_view map, std::uint32_t count) {
  std::optional<std::uint32_t> last;
  for (const Extent& extent : parse_map(map)) {
    const std::uint64_t end = extent.first + extent.count;
    if (end > count && end - count >= extent.first && (!last || end - count > *last))
      last = static_cast<std::uint32_t>(end - count);
  }
  return last;
}

bool maps_users(std::string_view map) {
  const std::vector<Extent> extents = parse_map(map);
  return std::any_of(extents.begin(), extents.end(),
                     [](const Extent& extent) { return extent.outside < IdRange::kCount; });
}

std::string identity_map(std::string_view map, std::uint32_t end) {
  std::string lines;
  for (const Extent& extent : parse_map(map)) {
    if (extent.first < end)
      lines += fmt::format("{0} {0} {1}\n", extent.first,
                           std::min<std::uint64_t>(extent.count, end - extent.first));
  }
  return lines;
}

namespace {

/// What root of a user namespace has of `wanted`, or instead of it.
IdRange find_mapped(const IdRange& wanted) {
  const std::string uids = read_file("/proc/self/uid_map");
  const std::string gids = read_file("/proc/self/gid_map");
  if (has_range(uids, wanted.first_uid) && has_range(gids, wanted.first_gid))
    return wanted;
  for (const bool lacks_one : {false, true}) {
    const std::uint32_t count = IdRange::kCount - (lacks_one ? 1 : 0);
    const auto first_uid = find_last_range(uids, count);
    const auto first_gid = find_last_range(gids, count);
    if (first_uid && first_gid)
      return {*first_uid, *first_gid, false, lacks_one};
  }
  throw Error(ErrorKind::kSandbox, "the user namespace that we are in has less than 65536 ids",
              "give the user who starts this container (or namespace) as many: usermod --add-subuids "
              "200000-331071 --add-subgids 200000-331071 NAME, and for podman: podman system migrate");
}

}  // namespace

IdRange find_id_range() {
  const uid_t uid = ::geteuid();
  const std::string name = user_name(uid);
  const std::string subuid = read_if_present("/etc/subuid");
  const std::string subgid = read_if_present("/etc/subgid");
  std::optional<std::uint32_t> first_uid = find_subordinate_range(subuid, name, uid);
  std::optional<std::uint32_t> first_gid = find_subordinate_range(subgid, name, uid);
  if (uid == 0) {
    return find_mapped({first_uid ? *first_uid : find_unassigned_range(subuid),
                        first_gid ? *first_gid : find_unassigned_range(subgid), false});
  }
  if (!first_uid || !first_gid) {
    throw Error(
        ErrorKind::kSandbox,
        "user " + name + " has no range of 65536 spare ids in " + (first_uid ? "/etc/subgid" : "/etc/subuid"),
        "as root: usermod --add-subuids 200000-265535 --add-subgids 200000-265535 " + name);
  }
  if (!find_in_path("newuidmap") || !find_in_path("newgidmap")) {
    throw Error(ErrorKind::kSandbox, "newuidmap and newgidmap are not installed",
                "as root: apt install uidmap (Debian, Ubuntu) or dnf install shadow-utils");
  }
  return IdRange{*first_uid, *first_gid, true};
}

}  // namespace bootstrap
