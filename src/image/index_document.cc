#include "image/index_document.h"

#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "image/oci_documents.h"
#include "image/versions.h"

namespace bootstrap {
namespace {

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kCreated = "org.opencontainers.image.created";
constexpr const char* kVersion = "org.opencontainers.image.version";
constexpr const char* kImageName = "io.containerd.image.name";
constexpr const char* kReason = "bootstrap.reason";
constexpr const char* kLock = "bootstrap.lock";
constexpr const char* kSubject = "bootstrap.subject";

Json entry_of(const std::string& name, const ImageVersion& version, std::string_view ref_name) {
  Json entry =
      to_json(Descriptor{std::string(media_type::kManifest), version.manifest, version.manifest_size});
  entry["annotations"] = {
      {kRefName, ref_name},        {kImageName, "localhost/" + name + ":" + std::string(ref_name)},
      {kVersion, version.version}, {kCreated, version.date},
      {kReason, version.reason},   {kLock, version.lock}};
  return entry;
}

/// The artifact that goes with a version: without a name, so that nobody takes it for an image.
Json artifact_entry_of(const ImageVersion& version) {
  Json entry =
      to_json(Descriptor{std::string(media_type::kManifest), *version.evidence, version.evidence_size});
  entry["artifactType"] = media_type::kEvidence;
  entry["annotations"] = {{kSubject, version.manifest.oci()}};
  return entry;
}

std::string annotation(const Json& entry, const char* key) {
  const Json& annotations = entry.value("annotations", Json::object());
  return annotations.value(key, "");
}

/// Marks the version that the descriptor called `latest` refers to.
void mark_latest(std::vector<ImageVersion>& versions, const Digest& manifest, std::string_view what) {
  for (ImageVersion& version : versions) {
    if (version.manifest == manifest) {
      version.latest = true;
      return;
    }
  }
  throw Error(ErrorKind::kFailure,
              std::string(what) + ": \"latest\" is " + manifest.oci() + ", which has no version");
}

/// An artifact whose version is not there any more is of no use to anybody.
void attach(std::vector<ImageVersion>& versions, const Json& entry, const Descriptor& artifact) {
  for (ImageVersion& version : versions) {
    if (version.manifest.oci() == annotation(entry, kSubject)) {
      version.evidence = artifact.digest;
      version.evidence_size = artifact.size;
    }
  }
}

std::vector<ImageVersion> versions_of(const Json& entries, std::string_view what) {
  std::vector<ImageVersion> versions;
  std::set<std::string> names;
  std::optional<Digest> latest;
  for (const Json& entry : entries) {
    Descriptor descriptor = descriptor_from_json(entry, what);
    if (descriptor.media_type != media_type::kManifest)
      throw Error(ErrorKind::kFailure,
                  std::string(what) + ": an entry is not an image manifest but " + descriptor.media_type);
    if (entry.contains("artifactType")) {
      attach(versions, entry, descriptor);
      continue;
    }
    std::string name = annotation(entry, kRefName);
    if (name.empty() || !names.insert(name).second)
      throw Error(
          ErrorKind::kFailure,
          std::string(what) + (name.empty() ? ": an entry has no name" : ": two entries are called " + name));
    if (name == kLatest) {
      latest = descriptor.digest;
      continue;
    }
    versions.push_back({.version = name,
                        .manifest = descriptor.digest,
                        .manifest_size = descriptor.size,
                        .date = annotation(entry, kCreated),
                        .reason = annotation(entry, kReason),
                        .lock = annotation(entry, kLock),
                        .rejected = name.ends_with(kRejectedSuffix),
                        .evidence = std::nullopt});
  }
  if (latest)
    mark_latest(versions, *latest, what);
  return versions;
}

}  // namespace

std::string layout_document() {
  return compact_json({{"imageLayoutVersion", "1.0.0"}});
}

std::string index_document(const std::string& name, const std::vector<ImageVersion>& versions) {
  Json index = {{"schemaVersion", 2}, {"mediaType", media_type::kIndex}, {"manifests", Json::array()}};
  for (const ImageVersion& version : versions)
    index["manifests"].push_back(entry_of(name, version, version.version));
  for (const ImageVersion& version : versions) {
    if (version.latest)
      index["manifests"].push_back(entry_of(name, version, kLatest));
  }
  for (const ImageVersion& version : versions) {
    if (version.evidence)
      index["manifests"].push_back(artifact_entry_of(version));
  }
  return canonical_json(index);
}

std::vector<ImageVersion> parse_index(std::string_view text, std::string_view what) {
  Json json = parse_json(text, what);
  try {
    // A document that is an index to one reader and a manifest to another: CVE-2021-41190.
    bool ambiguous = json.contains("layers") || json.contains("config");
    if (!json.is_object() || ambiguous || json.at("schemaVersion") != 2 || !json.at("manifests").is_array())
      throw Error(ErrorKind::kFailure, std::string(what) + ": not an OCI image index");
    return versions_of(json["manifests"], what);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, std::string(what) + ": not an OCI image index: " + error.what());
  }
}

Json docker_manifest_entry(const Digest& config, const std::vector<Layer>& layers,
                           const std::vector<std::string>& tags) {
  auto blob = [](const Digest& digest) { return "blobs/sha256/" + digest.hex(); };
  Json entry = {{"Config", blob(config)}, {"RepoTags", tags}, {"Layers", Json::array()}};
  for (const Layer& layer : layers)
    entry["Layers"].push_back(blob(layer.digest));
  return entry;
}

}  // namespace bootstrap
