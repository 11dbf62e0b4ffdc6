#include "sandbox/cgroup_hierarchy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/fd.h"

namespace bootstrap {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

bool contains_word(std::string_view list, const std::string& word, char separator) {
  for (const std::string& part : split(list, separator)) {
    if (part == word)
      return true;
  }
  return false;
}

/// What /proc/self/mountinfo says of a cgroup mount.
struct CgroupMount {
  std::string root;
  std::string mount_point;
};

/// Of the controller, or of version 2 for none: "36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup2
/// cgroup2 rw,memory"
std::optional<CgroupMount> find_mount(std::string_view mountinfo, const std::string& controller) {
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos)
      continue;
    const std::vector<std::string> fields = split(line.substr(0, separator), ' ');
    const std::vector<std::string> type = split(line.substr(separator + 3), ' ');
    if (fields.size() < 6 || type.size() < 3)
      continue;
    if (controller.empty() ? type[0] == "cgroup2"
                           : type[0] == "cgroup" && contains_word(type[2], controller, ','))
      return CgroupMount{fields[3], fields[4]};
  }
  return std::nullopt;
}

/// The hierarchy of a controller, or of version 2 for none, in which /proc/self/cgroup says we are in
/// `group`.
std::optional<CgroupHierarchy> find_hierarchy(std::string_view mountinfo, const std::string& controller,
                                              const std::string& group) {
  std::optional<CgroupMount> mount = find_mount(mountinfo, controller);
  if (!mount)
    return std::nullopt;
  // In a container, what is mounted may be a part of the hierarchy only.
  std::string below = group;
  if (mount->root != "/") {
    if (!below.starts_with(mount->root))
      return std::nullopt;
    below.erase(0, mount->root.size());
  }
  if (below.empty())
    below = "/";
  if (below[0] != '/' || below.starts_with("/.."))
    return std::nullopt;
  return CgroupHierarchy{mount->mount_point, below, controller.empty(), {}};
}

}  // namespace

std::vector<CgroupHierarchy> find_cgroup_hierarchies(std::string_view cgroup, std::string_view mountinfo) {
  std::vector<CgroupHierarchy> hierarchies;
  for (const std::string controller : {"memory", "pids", "cpu"}) {
    std::optional<std::string> unified;
    std::optional<std::string> legacy;
    for (const std::string& line : split(cgroup, '\n')) {
      const std::size_t first = line.find(':');
      const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
      if (second == std::string::npos)
        continue;
      const std::string controllers = line.substr(first + 1, second - first - 1);
      if (contains_word(controllers, controller, ','))
        legacy = line.substr(second + 1);
      else if (controllers.empty())
        unified = line.substr(second + 1);
    }
    const std::optional<std::string>& group = legacy ? legacy : unified;
    std::optional<CgroupHierarchy> found =
        group ? find_hierarchy(mountinfo, legacy ? controller : "", *group) : std::nullopt;
    if (!found)
      continue;
    auto same = std::find_if(hierarchies.begin(), hierarchies.end(), [&found](const CgroupHierarchy& other) {
      return other.mount_point == found->mount_point;
    });
    if (same == hierarchies.end())
      same = hierarchies.insert(hierarchies.end(), std::move(*found));
    same->controllers.push_back(controller);
  }
  return hierarchies;
}

bool write_cgroup_file(int group, const char* file, const std::string& value) {
  UniqueFd fd(::openat(group, file, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::uint64_t read_cgroup_value(int group, const char* file, std::string_view key) {
  UniqueFd fd(::openat(group, file, O_RDONLY | O_CLOEXEC));
  std::istringstream text(fd ? read_all(fd.get()) : "");
  std::string word;
  for (std::uint64_t value = 0; text >> word >> value;) {
    if (word == key)
      return value;
  }
  return 0;
}

}  // namespace bootstrap
