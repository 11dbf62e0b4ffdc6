#include "report/report_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/layout.h"
#include "image/oci_documents.h"
#include "pipeline/record.h"
#include "update/check.h"
#include "update/evidence.h"
#include "update/gc.h"

namespace bootstrap {

namespace {

constexpr int kFormat = 1;
// Of the files that a version changed; `bootstrap diff` has all.
constexpr std::size_t kListedFiles = 300;

/// A layer blob and who has it.
struct LayerUse {
  Layer layer;
  std::map<std::string, std::vector<std::string>> versions;  ///< by image
  std::size_t references = 0;
};

class Collector {
 public:
  explicit Collector(const std::filesystem::path& images) : images_(images) {}

  Json collect() {
    Json images = Json::array();
    for (const std::string& name : image_names(images_)) {
      if (const ImageLayout layout(images_, name); !layout.versions().empty())
        images.push_back(image(layout));
    }
    if (images.empty())
      throw Error(ErrorKind::kUsage, "there is no image in " + images_.string(),
                  "--images names another folder; `bootstrap RECIPE` makes an image");
    Json layers = shared_layers();
    return {{"format", kFormat},
            {"generated", rfc3339(std::time(nullptr))},
            {"tool", "bootstrap " BOOTSTRAP_VERSION},
            {"images", images},
            {"layers", layers},
            {"bytes", bytes_}};
  }

 private:
  Json image(const ImageLayout& layout) {
    Json versions = Json::array();
    Json packages = Json::array();
    std::optional<ImageManifest> before;
    for (const ImageVersion& version : layout.versions()) {
      ImageManifest manifest = layout.manifest(version.manifest);
      versions.push_back(describe(layout, version, manifest, before));
      if (version.latest && has_record(layout, version.manifest))
        packages = packages_of(read_record(layout, version.manifest));
      if (!version.rejected)
        before = std::move(manifest);
    }
    return {{"name", layout.name()}, {"versions", versions}, {"packages", packages}};
  }

  Json describe(const ImageLayout& layout, const ImageVersion& version, const ImageManifest& manifest,
                const std::optional<ImageManifest>& before) {
    std::uint64_t bytes = 0;
    std::uint64_t to_pull = 0;
    Json layers = Json::array();
    for (const Layer& layer : manifest.layers) {
      bytes += layer.size;
      auto same = [&](const Layer& other) { return other.digest == layer.digest; };
      if (!before || std::none_of(before->layers.begin(), before->layers.end(), same))
        to_pull += layer.size;
      layers.push_back(layer.digest.oci());
      LayerUse& use = layers_[layer.digest];
      use.layer = layer;
      use.versions[layout.name()].push_back(version.version);
      ++use.references;
    }
    Json json = {{"version", version.version},
                 {"digest", version.manifest.oci()},
                 {"date", version.date},
                 {"reason", version.reason},
                 {"latest", version.latest},
                 {"rejected", version.rejected},
                 {"bytes", bytes},
                 {"bytes_to_pull", to_pull},
                 {"layers", std::move(layers)}};
    json.update(evidence_of(layout, version));
    return json;
  }

  /// What the evidence says, the layers apart.
  static Json evidence_of(const ImageLayout& layout, const ImageVersion& version) {
    Json json = {{"predecessor", Json()},     {"cves", Json::array()}, {"advisories", Json::array()},
                 {"packages", Json::array()}, {"published", Json()},   {"exposure_hours", Json()},
                 {"changes", Json()},         {"tests", Json()}};
    const Json evidence = read_evidence(layout, version);
    if (!evidence.is_object())
      return json;
    for (const char* member : {"predecessor", "cves", "advisories", "packages", "tests"}) {
      if (evidence.contains(member))
        json[member] = evidence.at(member);
    }
    std::string published;
    for (const Json& move : json["packages"]) {
      const std::string date = move.value("security", false) ? move.value("published", "") : "";
      if (!date.empty() && (published.empty() || date < published))
        published = date;
    }
    if (!published.empty()) {
      json["published"] = published;
      json["exposure_hours"] = std::max<long>(0, (*age_of(published) - *age_of(version.date)).count());
    }
    if (evidence.contains("changes"))
      json["changes"] = changes_of(evidence.at("changes"));
    return json;
  }

  static Json changes_of(const Json& all) {
    Json changes = Json::object();
    for (const char* member : {"privileged", "sonames", "ports", "config"})
      changes[member] = all.value(member, Json());
    const Json files = all.value("files", Json::array());
    changes["files_total"] = files.size();
    changes["files"] =
        Json(files.begin(), files.begin() + static_cast<long>(std::min(files.size(), kListedFiles)));
    return changes;
  }

  /// Largest first.
  static Json packages_of(const VersionRecord& record) {
    std::vector<std::pair<std::uint64_t, Json>> packages;
    for (const Lockfile& lock : record.locks) {
      for (const LockedPackage& package : lock.packages)
        packages.emplace_back(package.size, Json{{"name", package.name},
                                                 {"version", package.version},
                                                 {"source", package.source},
                                                 {"recipe", lock.name},
                                                 {"security", package.security},
                                                 {"bytes", package.size}});
    }
    std::stable_sort(packages.begin(), packages.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Json json = Json::array();
    for (auto& [size, package] : packages)
      json.push_back(std::move(package));
    return json;
  }

  /// Every layer with those who have it, and the bytes of all: stored, and what they would be unshared.
  Json shared_layers() {
    Json layers = Json::array();
    std::uint64_t stored = 0;
    std::uint64_t referenced = 0;
    for (const auto& [digest, use] : layers_) {
      stored += use.layer.size;
      referenced += use.layer.size * use.references;
      layers.push_back({{"digest", digest.oci()},
                        {"bytes", use.layer.size},
                        {"created_by", use.layer.created_by},
                        {"bytes_saved", use.layer.size * (use.references - 1)},
                        {"images", use.versions}});
    }
    bytes_ = {{"stored", stored}, {"unshared", referenced}};
    return layers;
  }

  const std::filesystem::path images_;
  std::map<Digest, LayerUse> layers_;
  Json bytes_;
};

}  // namespace

Json collect_report(const std::filesystem::path& images) {
  return Collector(images).collect();
}

}  // namespace bootstrap
