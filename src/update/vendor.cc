#include "update/vendor.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/layout.h"
#include "pipeline/materials.h"
#include "repo/decompress.h"
#include "repo/index_files.h"
#include "repo/packages_parser.h"
#include "repo/release_fetch.h"

namespace bootstrap {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxIndex = 2ULL << 30;

/// From the store's downloads to its place in the mirror.
void place(const Store& store, const Digest& digest, const fs::path& target) {
  if (fs::exists(target) && digest_of_fd(open_file(target, O_RDONLY).get()) == digest)
    return;
  make_directories(target.parent_path());
  AtomicFile file(target);
  write_all(file.fd(), read_file(store.path(Store::Area::kDownload, digest.hex())));
  file.commit(Durability::kCache);
}

/// One suite of a lock on its way into a mirror.
class VendoredSuite {
 public:
  VendoredSuite(const LockedRepository& locked, const Recipe& recipe, const fs::path& directory,
                Workshop& workshop)
      : locked_(locked),
        repository_(find_repository(locked, recipe)),
        image_(recipe.name),
        workshop_(workshop) {
    source_ = {locked.archive,
               workshop.mirrors.urls_for(repository_, recipe.file.parent_path()),
               repository_.signed_by,
               {locked.suite, "", std::chrono::system_clock::now()}};
    if (repository_.snapshot)
      source_.expected.now = *repository_.snapshot;
    place_ = directory / locked.archive / "dists" / locked.suite;
  }

  /// The present release for those who use the mirror, and that of the lock, if it is another, for those who
  /// want to walk the lock's own way. Adds to `listed` the digests of the packages that either lists.
  void copy(const std::string& architecture, std::set<Digest>& listed) {
    const std::string present = present_release();
    for (const IndexFile& file : copy_indexes(present, architecture, listed))
      place(workshop_.store, file.packed.sha256, place_ / file.path);
    write_file(place_ / "InRelease", present, Durability::kCache);
    if (Digest::of(present) != locked_.inrelease)
      copy_locked_release(architecture, listed);
  }

 private:
  static const Repository& find_repository(const LockedRepository& locked, const Recipe& recipe) {
    for (const Repository& repository : recipe.repositories) {
      if (repository.archive == locked.archive &&
          std::find(repository.suites.begin(), repository.suites.end(), locked.suite) !=
              repository.suites.end())
        return repository;
    }
    throw Error(
        ErrorKind::kUsage,
        recipe.name + ": the lock names " + locked.archive + " " + locked.suite + ", the recipe does not",
        "run `bootstrap lock`");
  }

  /// It proves the packages as well as that of the lock does, if it lists them, and it is one for all recipes
  /// that share the directory.
  std::string present_release() {
    const Digest document =
        fetch_releases(std::span(&source_, 1), workshop_.fetcher, workshop_.verifier).front().document;
    if (auto text = find_release(workshop_.store, locked_.archive, locked_.suite, document))
      return *text;
    throw Error(ErrorKind::kFailure, source_.label() + ": the archive has no InRelease to keep");
  }

  /// By its digest, as nothing else tells releases of a suite apart. An archive that has moved on may have
  /// its indexes no longer.
  void copy_locked_release(const std::string& architecture, std::set<Digest>& listed) {
    const fs::path kept = ImageLayout(workshop_.images, image_).blob_path(locked_.inrelease);
    try {
      auto text = find_release(workshop_.store, locked_.archive, locked_.suite, locked_.inrelease);
      if (!text && fs::exists(kept))
        text = read_file(kept);
      if (!text || Digest::of(*text) != locked_.inrelease)
        throw Error(ErrorKind::kFailure, "nobody has it any more");
      copy_indexes(*text, architecture, listed);
      make_directories(place_ / "by-hash/SHA256");
      write_file(place_ / "by-hash/SHA256" / locked_.inrelease.hex(), *text, Durability::kCache);
    } catch (const Error& error) {
      workshop_.reporter.note(image_, fmt::format("the release of {} that the lock names is not copied: {}",
                                                  source_.label(), error.message()));
    }
  }

  std::vector<IndexFile> copy_indexes(const std::string& release, const std::string& architecture,
                                      std::set<Digest>& listed) {
    const SignedText text =
        workshop_.verifier.verify_clearsigned(release, repository_.signed_by, source_.label() + " InRelease");
    std::vector<IndexFile> files =
        index_files(0, source_, parse_release(text), locked_.components, architecture);
    std::vector<Download> downloads;
    for (const IndexFile& file : files)
      downloads.push_back(download_of_index(file));
    workshop_.fetcher.fetch(downloads, [](std::size_t) {}, [](const FetchProgress&) {});
    for (const IndexFile& file : files) {
      place(workshop_.store, file.packed.sha256, place_ / by_hash(file));
      const std::string index = decompress(read_file(place_ / by_hash(file)), file.compression, kMaxIndex);
      for (const PackageRecord& record : parse_packages(index, architecture, 0))
        listed.insert(record.sha256);
    }
    return files;
  }

  static fs::path by_hash(const IndexFile& file) {
    return fs::path(file.path).parent_path() / "by-hash/SHA256" / file.packed.sha256.hex();
  }

  Download download_of_index(const IndexFile& file) const {
    Download download;
    for (const std::string& path : {by_hash(file).string(), file.path}) {
      for (const std::string& url : source_.urls(path))
        download.urls.push_back(url);
    }
    download.sha256 = file.packed.sha256;
    download.size = file.packed.size;
    download.label = file.label;
    return download;
  }

  const LockedRepository& locked_;
  const Repository& repository_;
  std::string image_;  ///< whose records may have what the archive has no more
  Workshop& workshop_;
  SuiteSource source_;
  fs::path place_;
};

void copy_packages(const LockedRecipe& locked, const fs::path& directory, Workshop& workshop,
                   std::map<std::string, Vendored>& archives) {
  std::vector<Download> downloads;
  for (const LockedPackage& package : locked.lock.packages)
    downloads.push_back(download_of(package, locked.recipe, workshop.mirrors));
  workshop.fetcher.fetch(
      downloads, [](std::size_t) {},
      [&](const FetchProgress& progress) { workshop.reporter.download(progress); });
  for (const LockedPackage& package : locked.lock.packages) {
    place(workshop.store, package.sha256, directory / package.archive / package.path);
    Vendored& archive = archives[package.archive];
    ++archive.packages;
    archive.bytes += package.size;
  }
}

}  // namespace

std::vector<Vendored> vendor(const std::vector<LockedRecipe>& chain, const fs::path& directory,
                             Workshop& workshop) {
  std::map<std::string, Vendored> archives;
  for (const LockedRecipe& locked : chain) {
    workshop.reporter.stage(locked.recipe.name, "copying releases, indexes and packages");
    std::set<Digest> listed;
    for (const LockedRepository& repository : locked.lock.repositories) {
      VendoredSuite(repository, locked.recipe, directory, workshop).copy(locked.lock.architecture, listed);
      archives[repository.archive];
    }
    for (const LockedPackage& package : locked.lock.packages) {
      if (!listed.contains(package.sha256))
        workshop.reporter.note(
            locked.recipe.name,
            fmt::format("{} {} is listed no more: its digest is vouched for by the lock alone", package.name,
                        package.version));
    }
    copy_packages(locked, directory, workshop, archives);
  }
  std::vector<Vendored> result;
  for (auto& [name, archive] : archives) {
    archive.archive = name;
    archive.directory = fs::absolute(directory / name).lexically_normal();
    result.push_back(std::move(archive));
  }
  return result;
}

}  // namespace bootstrap
