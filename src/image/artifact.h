// Documents that refer to an image, as OCI artifacts (image-spec 1.1, manifest.md, "Guidelines for Artifact
// Usage"): a manifest with an artifactType, the empty config, one blob per document, and the image as
// subject. Registries list them as the image's referrers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/oci_documents.h"

namespace bootstrap {

/// The config of every artifact.
inline constexpr std::string_view kEmptyConfig = "{}";

struct ArtifactBlob {
  Descriptor descriptor;
  std::string title;  ///< as a file name: evidence.json
};

std::string artifact_document(std::string_view artifact_type, const std::vector<ArtifactBlob>& blobs,
                              const Descriptor& subject);
/// The blobs of an artifact's manifest; throws kFailure naming `what`.
std::vector<ArtifactBlob> parse_artifact(std::string_view text, std::string_view what);

}  // namespace bootstrap
