#include "update/gc.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "base/error.h"
#include "image/layout.h"
#include "image/oci_documents.h"
#include "pipeline/record.h"
#include "runner/layer_trees.h"
#include "store/collect.h"

namespace bootstrap {

namespace {

/// RFC 3339 times in UTC sort as text.
bool goes(const ImageVersion& version, std::size_t age_rank, const GcPolicy& policy,
          const std::string& oldest_kept) {
  if (version.latest || (!policy.keep && !policy.keep_within))
    return false;
  bool beyond_count = !policy.keep || age_rank >= *policy.keep;
  bool beyond_age = !policy.keep_within || version.date < oldest_kept;
  return beyond_count && beyond_age;
}

/// Splits off the versions that go. Rejected candidates are counted apart: they must not push good ones out.
std::vector<ImageVersion> split_off(std::vector<ImageVersion>& versions, const GcPolicy& policy) {
  std::string oldest_kept;
  if (policy.keep_within)
    oldest_kept = rfc3339(std::time(nullptr) - std::chrono::seconds(*policy.keep_within).count());
  std::vector<ImageVersion> gone;
  std::vector<ImageVersion> kept;
  std::size_t good = 0;
  std::size_t rejected = 0;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    std::size_t rank = version->rejected ? rejected++ : good++;
    (goes(*version, rank, policy, oldest_kept) ? gone : kept).push_back(*version);
  }
  std::reverse(kept.begin(), kept.end());
  std::reverse(gone.begin(), gone.end());
  versions = std::move(kept);
  return gone;
}

/// What the versions of one image need of the store, and the diff IDs of their layers.
void add_roots(const ImageLayout& layout, const std::vector<ImageVersion>& versions, StoreRoots& roots,
               std::set<Digest>& layers) {
  for (const ImageVersion& version : versions) {
    for (const Layer& layer : layout.manifest(version.manifest).layers) {
      roots.blobs.insert(layer.digest);
      layers.insert(layer.diff_id);
    }
    if (!has_record(layout, version.manifest))
      continue;
    for (const Lockfile& lock : read_record(layout, version.manifest).locks) {
      for (const LockedPackage& package : lock.packages)
        roots.packages.insert(package.sha256);
    }
  }
}

}  // namespace

GcResult collect_garbage(const std::filesystem::path& images, const Store& store, const GcPolicy& policy) {
  if (!store.claim())
    throw Error(ErrorKind::kFailure, "something else is using the store " + store.root().string(),
                "run gc again when it has finished");
  GcResult result;
  StoreRoots roots;
  std::set<Digest> layers;
  for (const std::string& name : image_names(images)) {
    ImageLayout layout(images, name);
    std::vector<ImageVersion> versions = layout.versions();
    std::vector<std::string> dropped;
    for (const ImageVersion& version : split_off(versions, policy)) {
      dropped.push_back(version.version);
      result.versions.push_back({name, version.version, version.date});
    }
    if (!policy.dry_run)
      layout.drop_versions(dropped);
    std::vector<Digest> manifests;
    for (const ImageVersion& version : versions)
      manifests.push_back(version.manifest);
    layout.sweep(versions, sweep_records(layout, manifests, result.garbage), result.garbage);
    add_roots(layout, versions, roots, layers);
  }
  collect(store, roots, policy.unused, result.garbage);
  const UniqueFd trees = collect_layer_trees(store.root() / kLayerTrees, layers, result.garbage);
  if (!policy.dry_run)
    result.garbage.remove();
  return result;
}

std::vector<std::string> image_names(const std::filesystem::path& images) {
  std::vector<std::string> names;
  if (!std::filesystem::is_directory(images))
    return names;
  for (const auto& entry : std::filesystem::directory_iterator(images)) {
    std::string name = entry.path().filename().string();
    if (entry.is_directory() && ImageLayout(images, name).exists())
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bootstrap
