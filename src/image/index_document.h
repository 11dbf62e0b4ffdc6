// index.json of an image layout (image-spec, image-index.md) as a list of versions, and the manifest.json
// that `docker load` wants beside it.
//
// Each version is one descriptor whose annotation org.opencontainers.image.ref.name is the version: this is
// how skopeo, podman and umoci find images in a layout. `latest` is a second descriptor of the same manifest.
// Artifacts that refer to a version follow the images, without a name and with their artifactType.
// containerd's annotation is what podman and docker call an image which they load from an archive.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "image/layout.h"

namespace bootstrap {

inline constexpr std::string_view kLatest = "latest";

/// The content of the file oci-layout.
std::string layout_document();

/// `name` is the image's.
std::string index_document(const std::string& name, const std::vector<ImageVersion>& versions);
/// Throws kFailure naming `what` for anything but an index of image manifests with names.
std::vector<ImageVersion> parse_index(std::string_view text, std::string_view what);

/// One image's entry of docker's manifest.json; `tags` are "NAME:VERSION".
Json docker_manifest_entry(const Digest& config, const std::vector<Layer>& layers,
                           const std::vector<std::string>& tags);

}  // namespace bootstrap
