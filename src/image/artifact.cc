#include "image/artifact.h"

#include "base/error.h"

namespace bootstrap {
namespace {

constexpr const char* kTitle = "org.opencontainers.image.title";

}  // namespace

std::string artifact_document(std::string_view artifact_type, const std::vector<ArtifactBlob>& blobs,
                              const Descriptor& subject) {
  Descriptor config{std::string(media_type::kEmpty), Digest::of(kEmptyConfig), kEmptyConfig.size()};
  Json manifest = {{"schemaVersion", 2},
                   {"mediaType", media_type::kManifest},
                   {"artifactType", artifact_type},
                   {"config", to_json(config)},
                   {"layers", Json::array()},
                   {"subject", to_json(subject)}};
  for (const ArtifactBlob& blob : blobs) {
    Json layer = to_json(blob.descriptor);
    layer["annotations"] = {{kTitle, blob.title}};
    manifest["layers"].push_back(std::move(layer));
  }
  return compact_json(manifest);
}

std::vector<ArtifactBlob> parse_artifact(std::string_view text, std::string_view what) {
  Json json = parse_json(text, what);
  std::vector<ArtifactBlob> blobs;
  try {
    for (const Json& layer : json.at("layers"))
      blobs.push_back({descriptor_from_json(layer, what), layer.at("annotations").at(kTitle)});
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, std::string(what) + ": not an artifact: " + error.what());
  }
  return blobs;
}

}  // namespace bootstrap
