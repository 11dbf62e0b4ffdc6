#include "update/gc.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>

#include "base/error.h"
#include "image/layout.h"
#include "image/oci_documents.h"
#include "pipeline/record.h"
#include "runner/layer_trees.h"
#include "store/collect.h"
#include "store/users.h"

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
struct Needs {
  StoreRoots roots;
  std::set<Digest> layers;
};

void add_needs(const ImageLayout& layout, const std::vector<ImageVersion>& versions, Needs& needs) {
  for (const ImageVersion& version : versions) {
    for (const Layer& layer : layout.manifest(version.manifest).layers) {
      needs.roots.blobs.insert(layer.digest);
      needs.layers.insert(layer.diff_id);
    }
    if (!has_record(layout, version.manifest))
      continue;
    for (const Lockfile& lock : read_record(layout, version.manifest).locks) {
      for (const LockedPackage& package : lock.packages)
        needs.roots.packages.insert(package.sha256);
    }
  }
}

/// What an image of another folder needs: as it is, or as it was told when it was built.
void add_needs_of_other(const StoreUser& user, Needs& needs) {
  try {
    const ImageLayout layout(user.folder, user.image);
    if (layout.exists())
      return add_needs(layout, layout.versions(), needs);
  } catch (const Error&) {
    // Damaged, or not ours to read: what it told must do.
  }
  needs.roots.packages.insert(user.needs.packages.begin(), user.needs.packages.end());
  needs.roots.blobs.insert(user.needs.blobs.begin(), user.needs.blobs.end());
}

bool is_forgotten(const StoreUser& user, const GcPolicy& policy) {
  const bool folder_is_there = std::filesystem::is_directory(user.folder);
  const bool image_is_there = std::filesystem::exists(user.folder / user.image);
  const bool is_old = user.last_use < std::chrono::system_clock::now() - kMissingCounts;
  const bool told =
      std::any_of(policy.forget.begin(), policy.forget.end(), [&](const std::filesystem::path& folder) {
        return user.folder == std::filesystem::absolute(folder).lexically_normal();
      });
  // An image that is gone from a folder that is there was removed; a folder may be on a disk that is not
  // mounted.
  return told || (folder_is_there && !image_is_there) || (!folder_is_there && is_old);
}

/// All that images of other folders need.
void add_others(const std::filesystem::path& images, const Store& store, const GcPolicy& policy, Needs& needs,
                GcResult& result) {
  const std::filesystem::path own = std::filesystem::absolute(images).lexically_normal();
  std::map<std::filesystem::path, OtherFolder> folders;
  for (const StoreUser& user : store_users(store)) {
    if (is_forgotten(user, policy)) {
      if (!policy.dry_run)
        forget_user(store, user.folder, user.image);
      continue;
    }
    if (user.folder == own)
      continue;
    add_needs_of_other(user, needs);
    OtherFolder& folder = folders[user.folder];
    folder.folder = user.folder;
    ++folder.images;
    folder.missing = !std::filesystem::is_directory(user.folder);
  }
  for (auto& [path, folder] : folders)
    result.others.push_back(std::move(folder));
}

}  // namespace

GcResult collect_garbage(const std::filesystem::path& images, const Store& store, const GcPolicy& policy) {
  if (!store.claim())
    throw Error(ErrorKind::kFailure, "something else is using the store " + store.root().string(),
                "run gc again when it has finished");
  GcResult result;
  Needs needed;
  Needs released;
  for (const std::string& name : image_names(images)) {
    ImageLayout layout(images, name);
    std::vector<ImageVersion> versions = layout.versions();
    std::vector<std::string> dropped;
    const std::vector<ImageVersion> gone = split_off(versions, policy);
    add_needs(layout, gone, released);
    for (const ImageVersion& version : gone) {
      dropped.push_back(version.version);
      result.versions.push_back({name, version.version, version.date});
    }
    if (!policy.dry_run)
      layout.drop_versions(dropped);
    std::vector<Digest> manifests;
    for (const ImageVersion& version : versions)
      manifests.push_back(version.manifest);
    layout.sweep(versions, sweep_records(layout, manifests, result.garbage), result.garbage);
    add_needs(layout, versions, needed);
  }
  add_others(images, store, policy, needed, result);
  collect(store, needed.roots, released.roots, policy.unused, result.garbage);
  const UniqueFd trees = collect_layer_trees(store.root() / kLayerTrees, needed.layers, result.garbage);
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
