// What differs between two images: packages, files with modes and owners, what is open to the world, and what
// a consumer of the first has to fetch for the second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "update/image_contents.h"

namespace bootstrap {

struct PackageChange {
  std::optional<InstalledPackage> before;  ///< none: added
  std::optional<InstalledPackage> after;   ///< none: removed
  const InstalledPackage& either() const { return after ? *after : *before; }
};

/// Times do not count: every rebuild of a package changes them.
struct FileChange {
  std::string path;
  std::optional<Entry> before;
  std::optional<Entry> after;
};

struct TextChange {
  std::vector<std::string> added;
  std::vector<std::string> removed;
};

struct ImageDiff {
  std::vector<PackageChange> packages;
  std::vector<FileChange> files;  ///< in the order of their paths
  std::vector<std::string>
      privileged;      ///< paths among them that are or were setuid or setgid, or have capabilities
  TextChange sonames;  ///< names of shared libraries that others link against: libssl.so.3
  TextChange ports;
  std::vector<std::string> config;   ///< members of the image config that differ, the ports apart
  std::vector<Layer> shared_layers;  ///< in both
  std::vector<Layer> new_layers;
  std::vector<Layer> gone_layers;
  std::uint64_t size_before = 0;  ///< bytes of all layers, compressed
  std::uint64_t size_after = 0;
  std::uint64_t bytes_to_pull = 0;  ///< of the new layers
  bool empty() const { return packages.empty() && files.empty() && config.empty() && new_layers.empty(); }
};

ImageDiff compare_images(const ImageContents& before, const ImageContents& after);

Json to_json(const ImageDiff& diff);

/// "-rwsr-xr-x 0:0", as ls writes it.
std::string describe(const Entry& entry);

}  // namespace bootstrap
