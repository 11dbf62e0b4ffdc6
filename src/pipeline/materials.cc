#include "pipeline/materials.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace bootstrap {

namespace {

/// The repository of the recipe (its parents' repositories are inherited) that a package was locked from.
const Repository& repository_of(const LockedPackage& package, const Recipe& recipe) {
  for (const Repository& repository : recipe.repositories) {
    if (repository.archive == package.archive)
      return repository;
  }
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: the lock takes {} from the archive {}, which the recipe does not name",
                          recipe.file.filename().string(), package.name, package.archive),
              "run `bootstrap lock`");
}

/// Positions of the packages, the largest first, so that no core is left alone with it at the end.
std::vector<std::size_t> by_size(const std::vector<LockedPackage>& packages) {
  std::vector<std::size_t> order(packages.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return packages[a].size > packages[b].size; });
  return order;
}

/// The index was believed about what a package is. One that calls itself something else would be configured,
/// and listed for scanners, under a name that nobody chose.
void check_identity(const LockedPackage& package, const Segment& segment) {
  if (segment.name == package.name && segment.version == package.version &&
      segment.architecture == package.architecture)
    return;
  throw Error(ErrorKind::kUntrusted,
              fmt::format("{} {} ({}): the package calls itself {} {} ({})", package.name, package.version,
                          package.architecture, segment.name, segment.version, segment.architecture),
              "the archive's index and its packages disagree: tell those who keep the archive");
}

}  // namespace

Download download_of(const LockedPackage& package, const Recipe& recipe, const MirrorMap& mirrors) {
  Download download;
  for (const std::string& url : mirrors.urls_for(repository_of(package, recipe), recipe.file.parent_path())) {
    download.urls.push_back(url + "/" + package.path);
  }
  download.sha256 = package.sha256;
  download.size = package.size;
  download.label = package.name + " " + package.version;
  return download;
}

SegmentForm form_of(const Recipe& recipe) {
  return {recipe.layers.compression, PathFilter(recipe.paths.exclude, recipe.paths.include)};
}

Materials::~Materials() {
  for (const auto& [key, material] : materials_) {
    if (material.packed && material.packed->raw)
      segments_.drop_raw(*material.packed);
  }
}

Materials::Key Materials::key_of(const LockedPackage& package, const SegmentForm& form) {
  return {package.sha256, form.compression, form.filter.key()};
}

std::vector<Materials::Tasks> Materials::require(const LockedRecipe& locked, int unpack_rank, int pack_rank) {
  const std::vector<LockedPackage>& packages = locked.lock.packages;
  const SegmentForm form = form_of(locked.recipe);
  std::vector<Tasks> tasks(packages.size());
  Batch batch{locked.recipe.name, {}, {}};
  for (std::size_t i : by_size(packages)) {
    const LockedPackage& package = packages[i];
    auto [position, is_new] = materials_.try_emplace(key_of(package, form));
    Material& material = position->second;
    if (is_new) {
      if (auto found = segments_.find(package.sha256, form)) {
        material.packed = material.unpacked = std::make_shared<const Segment>(std::move(*found));
      } else {
        batch.downloads.push_back(download_of(package, locked.recipe, workshop_.mirrors));
        batch.events.push_back(graph_.add_event());
        add_tasks(material, package, form, batch.events.back(), unpack_rank, pack_rank);
      }
    }
    tasks[i] = material.tasks;
  }
  if (!batch.downloads.empty())
    batches_.push_back(std::move(batch));
  return tasks;
}

void Materials::add_tasks(Material& material, const LockedPackage& package, const SegmentForm& form,
                          TaskGraph::Id downloaded, int unpack_rank, int pack_rank) {
  material.tasks.unpacked = graph_.add({downloaded}, unpack_rank, [this, &material, &package, form] {
    Trace::Span span(workshop_.trace, "unpack " + package.name);
    material.unpacked = std::make_shared<const Segment>(
        segments_.unpack(package.sha256, package.name + " " + package.version, form));
  });
  material.tasks.packed = graph_.add({*material.tasks.unpacked}, pack_rank, [this, &material, &package] {
    Trace::Span span(workshop_.trace, "compress " + package.name);
    material.packed = std::make_shared<const Segment>(segments_.pack(*material.unpacked));
  });
}

/// Each package is in the store twice, as it came and as what is made of it, which is hardly ever smaller.
/// Better said before an hour of downloading than after.
void Materials::require_space() const {
  if (batches_.empty())
    return;
  std::uint64_t needed = 0;
  std::size_t packages = 0;
  for (const Batch& batch : batches_)
    for (const Download& download : batch.downloads) {
      const bool is_there = workshop_.store.contains(Store::Area::kDownload, download.sha256.hex());
      needed += is_there ? download.size : 2 * download.size;
      ++packages;
    }
  constexpr std::uint64_t kMegabyte = 1000000;
  const std::uint64_t free = workshop_.store.free_space();
  if (needed > free)
    throw Error(ErrorKind::kFailure,
                fmt::format("{} packages need {} MB at least in the store {}, where {} MB are free", packages,
                            needed / kMegabyte, workshop_.store.root().string(), free / kMegabyte),
                "make room there (`bootstrap gc`), or choose another place with --store");
}

void Materials::fetch() {
  try {
    require_space();
  } catch (const Error&) {
    for (const Batch& batch : batches_)
      fail(batch);
    return;
  }
  for (const Batch& batch : batches_)
    fetch(batch);
}

/// With what was just thrown.
void Materials::fail(const Batch& batch) const {
  for (TaskGraph::Id event : batch.events)  // those that are complete stay so
    graph_.fail(event, std::current_exception());
}

void Materials::fetch(const Batch& batch) {
  Trace::Span span(workshop_.trace, "fetch for " + batch.recipe);
  workshop_.reporter.stage(batch.recipe,
                           fmt::format("fetching and importing {} packages", batch.downloads.size()));
  try {
    workshop_.fetcher.fetch(
        batch.downloads, [&](std::size_t done) { graph_.complete(batch.events[done]); },
        [&](const FetchProgress& progress) { workshop_.reporter.download(progress); });
  } catch (...) {
    fail(batch);
  }
}

std::vector<StagedPackage> Materials::packages(const LockedRecipe& locked) const {
  std::vector<StagedPackage> staged;
  const SegmentForm form = form_of(locked.recipe);
  staged.reserve(locked.lock.packages.size());
  for (const LockedPackage& package : locked.lock.packages) {
    staged.push_back({package, materials_.at(key_of(package, form)).unpacked});
    check_identity(package, *staged.back().segment);
  }
  return staged;
}

std::vector<std::shared_ptr<const Segment>> Materials::packed(const LockedRecipe& locked) const {
  std::vector<std::size_t> all(locked.lock.packages.size());
  std::iota(all.begin(), all.end(), 0);
  return packed(locked, all);
}

std::vector<std::shared_ptr<const Segment>> Materials::packed(
    const LockedRecipe& locked, const std::vector<std::size_t>& positions) const {
  std::vector<std::shared_ptr<const Segment>> segments;
  const SegmentForm form = form_of(locked.recipe);
  segments.reserve(positions.size());
  for (const std::size_t i : positions)
    segments.push_back(materials_.at(key_of(locked.lock.packages[i], form)).packed);
  return segments;
}

}  // namespace bootstrap
