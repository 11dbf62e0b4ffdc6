#include "rootfs/skeleton.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "rootfs/dpkg_database.h"

namespace bootstrap {

namespace {

struct Directory {
  const char* path;
  std::uint32_t mode;
};

// As base-files ships them; here too because the sandbox mounts over them before base-files is there.
constexpr std::array kDirectories = {
    Directory{"dev", 0755},       Directory{"dev/pts", 0755}, Directory{"dev/shm", 0755},
    Directory{"etc", 0755},       Directory{"proc", 0755},    Directory{"run", 0755},
    Directory{"run/lock", 01777}, Directory{"sys", 0755},     Directory{"tmp", 01777},
    Directory{"usr", 0755},       Directory{"usr/bin", 0755}, Directory{"usr/lib", 0755},
    Directory{"usr/sbin", 0755},  Directory{"var", 0755},     Directory{"var/lib", 0755},
};

struct Link {
  const char* path;
  const char* target;
};
constexpr std::array kDeviceLinks = {
    Link{"dev/fd", "/proc/self/fd"},
    Link{"dev/stdin", "/proc/self/fd/0"},
    Link{"dev/stdout", "/proc/self/fd/1"},
    Link{"dev/stderr", "/proc/self/fd/2"},
};

struct Device {
  const char* path;
  std::uint32_t major;
  std::uint32_t minor;
};
constexpr std::array kDevices = {
    Device{"dev/console", 5, 1}, Device{"dev/full", 1, 7},   Device{"dev/null", 1, 3},
    Device{"dev/ptmx", 5, 2},    Device{"dev/random", 1, 8}, Device{"dev/tty", 5, 0},
    Device{"dev/urandom", 1, 9}, Device{"dev/zero", 1, 5},
};

constexpr std::array<std::string_view, 4> kQualifiedLib = {"usr/lib32", "usr/lib64", "usr/libo32",
                                                           "usr/libx32"};

}  // namespace

void make_skeleton(const Tree& tree, const std::string& architecture) {
  Entry root;
  root.path = ".";
  root.type = EntryType::kDirectory;
  root.mode = 0755;
  make_node(tree, root.path, root);
  for (const auto& [path, mode] : kDirectories)
    tree.make_directory(path, mode);
  for (const auto& [path, target] : kDeviceLinks)
    tree.make_symlink(path, target);
  for (const char* directory : {"info", "triggers", "updates"})
    tree.make_directory(dpkg_path(directory));
  tree.write(dpkg_path("status"), "");
  tree.write(dpkg_path("arch"), architecture + "\n");
  tree.write(dpkg_path("info/format"), "1\n");
  tree.write("etc/fstab", "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n");
}

std::vector<std::pair<std::string, std::string>> merged_links(const std::vector<const Segment*>& packages) {
  std::set<std::string> directories{"usr/bin", "usr/lib", "usr/sbin"};
  for (const Segment* package : packages)
    for (const Entry& directory : package->directories)
      if (std::find(kQualifiedLib.begin(), kQualifiedLib.end(), directory.path) != kQualifiedLib.end())
        directories.insert(directory.path);
  std::vector<std::pair<std::string, std::string>> links;
  for (const auto& directory : directories)
    links.emplace_back(name_of_path(directory), directory);
  return links;
}

void link_merged_directories(const Tree& tree, const std::vector<const Segment*>& packages) {
  for (const auto& [name, target] : merged_links(packages))
    if (!tree.exists(name))
      tree.make_symlink(name, target);
}

std::vector<Entry> device_nodes(std::int64_t mtime) {
  std::vector<Entry> nodes;
  for (const auto& [path, device_major, device_minor] : kDevices) {
    Entry node;
    node.path = path;
    node.type = EntryType::kCharacterDevice;
    node.mode = 0666;
    node.mtime = mtime;
    node.device_major = device_major;
    node.device_minor = device_minor;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace bootstrap
