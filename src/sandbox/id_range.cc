#include "sandbox/id_range.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/search_path.h"
#include "sandbox/subordinate_ids.h"

namespace bootstrap {

namespace {

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

std::optional<std::string> user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> strings(64 * 1024);
  ::getpwuid_r(uid, &entry, strings.data(), strings.size(), &found);
  return found != nullptr ? std::optional<std::string>(found->pw_name) : std::nullopt;
}

}  // namespace

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
              std::string(kContainerIdsHint));
}

}  // namespace

IdRange find_id_range() {
  const uid_t uid = ::geteuid();
  const std::optional<std::string> entry = user_name(uid);
  const std::string name = entry.value_or(std::to_string(uid));
  const std::string subuid = read_if_present("/etc/subuid");
  const std::string subgid = read_if_present("/etc/subgid");
  const std::optional<std::uint32_t> first_uid = find_subordinate_range(subuid, name, uid);
  const std::optional<std::uint32_t> first_gid = find_subordinate_range(subgid, name, uid);
  if (uid == 0) {
    return find_mapped({first_uid ? *first_uid : find_unassigned_range(subuid),
                        first_gid ? *first_gid : find_unassigned_range(subgid), false});
  }
  if (!entry) {
    throw Error(ErrorKind::kSandbox, "user " + name + " has no entry in /etc/passwd, which newuidmap needs",
                "as root: useradd --uid " + name + " NAME, or run bootstrap as a user who has one");
  }
  if (!find_in_path("newuidmap") || !find_in_path("newgidmap")) {
    std::string hint = "as root: apt-get install uidmap (Debian, Ubuntu) or dnf install shadow-utils";
    if (!first_uid || !first_gid)
      hint += "; then, " + grant_command(IdFiles::of_this_machine(), name, !first_uid, !first_gid);
    throw Error(ErrorKind::kSandbox, "newuidmap and newgidmap are not installed", hint);
  }
  if (!first_uid || !first_gid) {
    throw Error(ErrorKind::kSandbox,
                fmt::format("user {} has no range of 65536 spare ids in {}", name,
                            first_uid   ? "/etc/subgid"
                            : first_gid ? "/etc/subuid"
                                        : "/etc/subuid and /etc/subgid"),
                grant_command(IdFiles::of_this_machine(), name, !first_uid, !first_gid));
  }
  return IdRange{*first_uid, *first_gid, true};
}

}  // namespace bootstrap
