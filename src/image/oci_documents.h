// The JSON documents of an image: config (image-spec, config.md) and manifest (manifest.md). What is written
// depends on the spec alone, so equal specs are equal bytes and equal digests. What is read is hostile until
// checked: a document of another kind than its media type says is refused, never guessed at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "image/layout.h"

namespace bootstrap {

namespace media_type {
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kEvidence = "application/vnd.bootstrap.evidence.v1+json";
}  // namespace media_type

/// A reference to a blob (image-spec, descriptor.md).
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
};
Json to_json(const Descriptor& descriptor);
/// Throws kFailure, naming `what`, unless it has a media type, a sha256 digest and a size.
Descriptor descriptor_from_json(const Json& json, std::string_view what);

/// "2026-07-11T10:16:37Z"
std::string rfc3339(std::int64_t seconds);

/// The image config as bytes. Throws kUsage for an architecture that OCI has no name for.
std::string config_document(const ImageSpec& spec);
/// The manifest as bytes.
std::string manifest_document(const Descriptor& config, const std::vector<Layer>& layers);

/// A manifest that was read: its config's descriptor, and its layers without diff IDs and history.
struct ManifestDocument {
  Descriptor config;
  std::vector<Layer> layers;
};
/// Throws kFailure naming `what`.
ManifestDocument parse_manifest(std::string_view text, std::string_view what);

/// Puts diff IDs and history of the config into the layers; throws kFailure unless there is one per layer.
void add_config_facts(const Json& config, std::vector<Layer>& layers, std::string_view what);

/// What a runtime needs to start the image's program: entrypoint, cmd, env, user, workdir and stop signal of
/// an image config. Throws kFailure when one of them is not what it must be.
ImageOptions runtime_options(const Json& config);

}  // namespace bootstrap
