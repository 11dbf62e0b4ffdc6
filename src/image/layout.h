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
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layer.h"
#include "recipe/recipe.h"
#include "store/garbage.h"

namespace bootstrap {

/// All that an image manifest and its config say.
struct ImageSpec {
  std::string name;
  std::string architecture;  ///< Debian's name; written as Go's (amd64, arm64, arm + variant v7, 386, ...)
  ImageOptions options;
  Json config =
      {};  ///< an image config that this one follows, in the place of `options`; null: there is none
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
  bool rejected = false;           ///< failed its tests: called VERSION-rejected and never latest
  std::optional<Digest> evidence;  ///< manifest of the artifact that says what changed and why
  std::uint64_t evidence_size = 0;
};

/// A document to be stored beside an image.
struct Attachment {
  std::string media_type;
  std::string title;  ///< as a file name: evidence.json
  std::string content;
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
  /// same digest never gets a second version: its existing version is returned, and nothing moves; unless
  /// it was rejected: then it is one that was not from now on.
  ImageVersion add_version(const Digest& manifest, const std::optional<std::string>& recipe_version,
                           const std::string& reason, const Digest& lock, bool make_latest);

  /// Keeps a manifest whose tests failed as VERSION-rejected, where VERSION is the next there would be; what
  /// has a version already keeps it.
  ImageVersion add_rejected(const Digest& manifest, const std::optional<std::string>& recipe_version,
                            const std::string& reason, const Digest& lock);
  /// Moves `latest` to another version. Throws kUsage for one that there is not, or that was rejected.
  ImageVersion make_latest(const std::string& reference);
  /// Stores `attachments` as an OCI artifact whose subject is the image (image-spec 1.1, manifest.md,
  /// "artifactType"), in the place of the one the version has.
  void attach_evidence(const Digest& image, const std::string& artifact_type,
                       const std::vector<Attachment>& attachments);
  /// The documents of attach_evidence(); empty when the version has none.
  std::vector<Attachment> evidence(const ImageVersion& version) const;
  /// Takes these out of index.json; their blobs stay until sweep(). Never the latest.
  void drop_versions(const std::vector<std::string>& names);
  /// Collects the blobs and leftovers that none of `versions` and of `kept` refers to. Nobody may be building
  /// this image meanwhile: its blobs are written before a version refers to them.
  void sweep(const std::vector<ImageVersion>& versions, const std::set<Digest>& kept, Garbage& garbage) const;

  /// Oldest first.
  std::vector<ImageVersion> versions() const;
  /// By version, "latest" or digest (with or without "sha256:", at least 8 digits); throws kUsage listing
  /// what there is.
  ImageVersion find(const std::string& reference) const;
  /// The digest of a version's config: what podman and docker call the image ID. It names the layers by their
  /// uncompressed bytes, so it does not depend on compression. nullopt when its manifest is missing or
  /// damaged.
  std::optional<Digest> image_id(const ImageVersion& version) const;
  /// A version that has this image ID and all of its blobs: the latest, else the newest that was not
  /// rejected, else one that was.
  std::optional<ImageVersion> version_of(const Digest& image_id) const;
  /// Puts the layers of an image into the store, where its children take them from; false when one of them is
  /// damaged.
  bool give_layers(const Digest& manifest, const Store& store) const;
  /// Reads a manifest and its config, checking digests and sizes; throws kFailure naming the blob.
  ImageManifest manifest(const Digest& digest) const;
  std::filesystem::path blob_path(const Digest& digest) const;
  /// blobs/sha256: what the worker gets a descriptor of.
  std::filesystem::path blob_directory() const;

 private:
  void flush_image(const Digest& manifest) const;
  void flush_directories() const;
  ImageVersion publish(const Digest& manifest, ImageVersion candidate, const std::string& recipe_version,
                       bool make_latest);
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
