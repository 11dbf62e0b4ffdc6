#include "pipeline/packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

#include "base/error.h"

namespace bootstrap {

namespace {

/// Imports packages on threads of its own while the caller goes on downloading.
class ImportQueue {
 public:
  ImportQueue(unsigned jobs, std::function<void(std::size_t)> import) : import_(std::move(import)) {
    for (unsigned i = 0; i < std::max(jobs, 1U); ++i)
      threads_.emplace_back([this] { work(); });
  }
  ~ImportQueue() { close(); }
  ImportQueue(const ImportQueue&) = delete;
  ImportQueue& operator=(const ImportQueue&) = delete;

  void add(std::size_t index) {
    {
      std::lock_guard guard(mutex_);
      waiting_.push_back(index);
    }
    changed_.notify_one();
  }

  /// Waits until everything is imported; throws what the first failing import threw.
  void finish() {
    close();
    if (failure_)
      std::rethrow_exception(failure_);
  }

 private:
  void close() {
    {
      std::lock_guard guard(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }

  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty() || failure_)
        return;
      std::size_t index = waiting_.front();
      waiting_.pop_front();
      lock.unlock();
      try {
        import_(index);
      } catch (...) {
        lock.lock();
        if (!failure_)
          failure_ = std::current_exception();
      }
    }
  }

  std::function<void(std::size_t)> import_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> waiting_;
  bool closed_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

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

/// Indexes of the packages whose segment the store does not have, the largest first, so that no core is left
/// alone with it at the end.
std::vector<std::size_t> missing_segments(const std::vector<LockedPackage>& packages,
                                          const std::vector<std::optional<Segment>>& segments) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    if (!segments[i])
      missing.push_back(i);
  }
  std::stable_sort(missing.begin(), missing.end(),
                   [&](std::size_t a, std::size_t b) { return packages[a].size > packages[b].size; });
  return missing;
}

}  // namespace

std::vector<StagedPackage> fetch_packages(const LockedRecipe& locked, Workshop& workshop) {
  const Recipe& recipe = locked.recipe;
  const std::vector<LockedPackage>& packages = locked.lock.packages;
  SegmentStore store(workshop.store);
  std::vector<std::optional<Segment>> segments(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i)
    segments[i] = store.find(packages[i].sha256, recipe.layers.compression);

  std::vector<std::size_t> missing = missing_segments(packages, segments);
  if (!missing.empty()) {
    workshop.reporter.stage(recipe.name, fmt::format("fetching and importing {} packages", missing.size()));
    std::vector<Download> downloads;
    for (std::size_t i : missing)
      downloads.push_back(download_of(packages[i], recipe, workshop.mirrors));
    ImportQueue imports(workshop.jobs, [&](std::size_t i) {
      segments[i] = store.import(packages[i].sha256, packages[i].name + " " + packages[i].version,
                                 recipe.layers.compression);
    });
    workshop.fetcher.fetch(
        downloads, [&](std::size_t done) { imports.add(missing[done]); },
        [&](const FetchProgress& progress) { workshop.reporter.download(progress); });
    imports.finish();
  }

  std::vector<StagedPackage> staged;
  staged.reserve(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i)
    staged.push_back({packages[i], std::move(*segments[i])});
  return staged;
}

}  // namespace bootstrap
