#include "sandbox/worker_cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr const char* kPrefix = "bootstrap-";
constexpr const char* kLeaf = "worker";

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

/// "36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup2 cgroup2 rw,memory"
std::optional<CgroupMount> find_mount(std::string_view mountinfo, bool unified) {
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos)
      continue;
    const std::vector<std::string> fields = split(line.substr(0, separator), ' ');
    const std::vector<std::string> type = split(line.substr(separator + 3), ' ');
    if (fields.size() < 6 || type.size() < 3)
      continue;
    if (unified ? type[0] == "cgroup2" : type[0] == "cgroup" && contains_word(type[2], "memory", ','))
      return CgroupMount{fields[3], fields[4]};
  }
  return std::nullopt;
}

bool write_value(int directory, const char* file, const std::string& value) {
  UniqueFd fd(::openat(directory, file, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

UniqueFd open_directory(int base, const std::string& path) {
  return UniqueFd(::openat(base, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Groups can only be removed when no group is left in them.
void remove_group(int parent, const std::string& name) {
  UniqueFd group = open_directory(parent, name);
  std::unique_ptr<DIR, int (*)(DIR*)> listing(group ? ::fdopendir(group.release()) : nullptr, &::closedir);
  if (!listing)
    return;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      ::unlinkat(::dirfd(listing.get()), entry->d_name, AT_REMOVEDIR);
  }
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

/// What a bootstrap that was killed could not remove: "bootstrap-PID.NUMBER" of a process that is gone.
void remove_stale_groups(int parent) {
  UniqueFd again = open_directory(parent, ".");
  std::unique_ptr<DIR, int (*)(DIR*)> listing(again ? ::fdopendir(again.release()) : nullptr, &::closedir);
  if (!listing)
    return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix))
      continue;
    pid_t pid = 0;
    const char* start = entry->d_name + std::string_view(kPrefix).size();
    auto [end, error] = std::from_chars(start, name.data() + name.size(), pid);
    if (error == std::errc{} && *end == '.' && pid > 0 && ::kill(pid, 0) < 0 && errno == ESRCH)
      remove_group(parent, std::string(name));
  }
}

UniqueFd open_parent(const MemoryHierarchy& hierarchy) {
  std::string path = hierarchy.mount_point + hierarchy.group;
  if (hierarchy.unified && hierarchy.group != "/")
    path += "/..";
  return open_directory(AT_FDCWD, path);
}

}  // namespace

std::optional<MemoryHierarchy> find_memory_hierarchy(std::string_view cgroup, std::string_view mountinfo) {
  std::optional<std::string> unified;
  std::optional<std::string> legacy;
  for (const std::string& line : split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (contains_word(controllers, "memory", ','))
      legacy = line.substr(second + 1);
    else if (controllers.empty())
      unified = line.substr(second + 1);
  }
  const std::optional<std::string>& group = legacy ? legacy : unified;
  std::optional<CgroupMount> mount = find_mount(mountinfo, !legacy);
  if (!group || !mount)
    return std::nullopt;
  // In a container, what is mounted may be a part of the hierarchy only.
  std::string below = *group;
  if (mount->root != "/") {
    if (!below.starts_with(mount->root))
      return std::nullopt;
    below.erase(0, mount->root.size());
  }
  if (below.empty())
    below = "/";
  if (below[0] != '/' || below.starts_with("/.."))
    return std::nullopt;
  return MemoryHierarchy{mount->mount_point, below, !legacy};
}

WorkerCgroup::WorkerCgroup(const IdRange& ids) {
  if (::geteuid() != 0)
    return;
  std::optional<MemoryHierarchy> hierarchy;
  try {
    hierarchy = find_memory_hierarchy(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"));
  } catch (const Error&) {
    return;
  }
  if (!hierarchy || !(parent_ = open_parent(*hierarchy)))
    return;
  remove_stale_groups(parent_.get());
  for (unsigned number = 0; name_.empty(); ++number) {
    std::string name = kPrefix + std::to_string(::getpid()) + "." + std::to_string(number);
    if (::mkdirat(parent_.get(), name.c_str(), 0755) == 0)
      name_ = std::move(name);
    else if (errno != EEXIST)
      return;
  }
  group_ = open_directory(parent_.get(), name_);
  bool usable = group_ && ::fchown(group_.get(), ids.first_uid, ids.first_gid) == 0;
  if (usable && hierarchy->unified) {
    usable = write_value(group_.get(), "cgroup.subtree_control", "+memory") &&
             ::fchownat(group_.get(), "cgroup.procs", ids.first_uid, ids.first_gid, 0) == 0 &&
             ::mkdirat(group_.get(), kLeaf, 0755) == 0 && (leaf_ = open_directory(group_.get(), kLeaf));
  }
  if (!usable)
    group_.reset();
}

WorkerCgroup::~WorkerCgroup() {
  if (!name_.empty())
    remove_group(parent_.get(), name_);
}

}  // namespace bootstrap
