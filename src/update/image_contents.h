// What is in an image, wherever it lies: a version here, an OCI layout or archive from anywhere, or a plain
// directory. The common ground on which two of them are compared.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layer.h"
#include "image/layout.h"
#include "lock/lockfile.h"
#include "package/entry.h"

namespace bootstrap {

/// A package as the image's dpkg status has it.
struct InstalledPackage {
  std::string name;
  std::string architecture;
  std::string version;
  std::string source;
  std::string source_version;
};

struct ImageContents {
  std::string label;                       ///< "web 1.0.3", or the path as it was given
  std::map<std::string, Entry> files;      ///< of the flattened tree; hard links are plain files here
  std::vector<InstalledPackage> packages;  ///< sorted by name and architecture
  std::vector<Layer> layers;               ///< none for a directory
  Json config = Json::object();            ///< the OCI image config; empty for a directory
  std::vector<Lockfile> locks;             ///< of a version that was made here, root ancestor first
};

/// Reads images. A layer that several of them share is read once.
class ContentsReader {
 public:
  /// `images` is where names of images are looked up.
  explicit ContentsReader(std::filesystem::path images);
  ~ContentsReader();

  /// `subject`: NAME, NAME:VERSION, NAME:DIGEST, sha256:DIGEST of any image; or the path of an OCI layout, of
  /// an oci-archive, or of a root filesystem, which must then begin with "." or "/". Throws kUsage when there
  /// is no such thing, kFailure when it is damaged.
  ImageContents read(const std::string& subject);

 private:
  struct LayerListing;
  static std::unique_ptr<LayerListing> list(const std::filesystem::path& blob, const Layer& layer);
  void list_layers(const ImageLayout& layout, const std::vector<Layer>& layers);
  ImageContents read_layout(const std::filesystem::path& directory, const std::string& reference);
  ImageContents read_archive(const std::filesystem::path& archive);
  ImageContents read_version(const std::string& subject);

  std::filesystem::path images_;
  std::map<Digest, std::unique_ptr<LayerListing>> layers_;
};

/// The installed packages that a dpkg status file tells of.
std::vector<InstalledPackage> parse_installed_packages(std::string_view status);

}  // namespace bootstrap
