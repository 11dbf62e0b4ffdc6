// An OCI image layout (image-spec, image-layout.md) with all versions of one image: images/NAME/. `skopeo
// copy oci:images/web:latest`, `podman run oci:...`, `umoci unpack` and `docker load` read it as it is. Blobs
// are hard links into the store where the file system allows.
//
// Version, date and reason are annotations of the entry in index.json, not of the manifest, so the same lock
// gives the same manifest digest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layer.h"
#include "recipe/recipe.h"

namespace bootstrap {

/// All that an image manifest and its config say.
struct ImageSpec {
  std::string name;
  std::string architecture;  ///< Debian's name; written as Go's (amd64, arm64, arm + variant v7, 386, ...)
  ImageOptions options;
  std::vector<Layer> layers;
  std::int64_t created = 0;  ///< seconds; the newest mtime found in the packages
};

/// A version as index.json knows it.
struct ImageVersion {
  std::string version;  ///< "1.4.0"
  Digest manifest;
  std::uint64_t manifest_size = 0;
  std::string date;    ///< when it was added, RFC 3339
  std::string reason;  ///< "recipe", "update"
  std::string lock;    ///< digest of its lock
  bool latest = false;
};

/// What a manifest refers to, read back.
struct ImageManifest {
  Digest digest;
  Digest config_digest;
  Json config;                ///< the OCI image config
  std::vector<Layer> layers;  ///< created_by from the history
};

class ImageLayout {
 public:
  /// Opens images/NAME below `images`; nothing is created yet.
  ImageLayout(const std::filesystem::path& images, std::string name);

  const std::filesystem::path& directory() const { return directory_; }
  const std::string& name() const { return name_; }
  bool exists() const;

  /// Writes config and manifest, brings all blobs over from the store, and returns the manifest's digest. No
  /// version refers to it yet.
  Digest add_image(const ImageSpec& spec, const Store& store);

  /// Makes `manifest` a version and, if asked, `latest`; index.json is replaced atomically and durably. The
  /// same digest never gets a second version: its existing version is returned (and becomes latest if asked).
  ImageVersion add_version(const Digest& manifest, const std::optional<std::string>& recipe_version,
                           const std::string& reason, const Digest& lock, bool make_latest);

  /// Oldest first.
  std::vector<ImageVersion> versions() const;
  /// By version, "latest" or digest (with or without "sha256:", at least 8 digits); throws kUsage listing
  /// what there is.
  ImageVersion find(const std::string& reference) const;
  /// Reads a manifest and its config, checking digests and sizes; throws kFailure naming the blob.
  ImageManifest manifest(const Digest& digest) const;
  std::filesystem::path blob_path(const Digest& digest) const;
  /// blobs/sha256: what the worker gets a descriptor of.
  std::filesystem::path blob_directory() const;

 private:
  void write_index(const std::vector<ImageVersion>& versions) const;

  std::filesystem::path directory_;
  std::string name_;
};

/// "web" or "web:1.4.0" -> name and reference ("latest" when none is given); throws kUsage for anything else.
struct ImageReference {
  std::string name;
  std::string reference;
};
ImageReference parse_reference(const std::string& text);

}  // namespace bootstrap
