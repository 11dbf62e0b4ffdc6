// From the repositories of a recipe to a RepoIndex: releases first, all in one go, then the indexes they
// list, again in one go.

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "repo/index_files.h"
#include "repo/parsed_index.h"
#include "repo/release_fetch.h"
#include "repo/repo_index.h"

namespace bootstrap {

namespace {

/// What the recipe asks for, one element per suite, in its order.
struct Request {
  std::vector<SuiteSource> sources;
  std::vector<const Repository*> repositories;
};

/// A release of the past is judged as it would have been then.
ReleaseExpectation expectation(const Repository& repository, const std::string& suite,
                               const LoadOptions& options) {
  ReleaseExpectation expected{suite, "", options.now};
  if (repository.snapshot)
    expected.now = *repository.snapshot;
  const std::string now = format_time(std::chrono::floor<std::chrono::seconds>(expected.now));
  for (const KnownRelease& known : options.known) {
    // Whoever asks for an earlier time than that of the lock wants to go back.
    const bool counts = !repository.snapshot || known.date <= now;
    if (known.archive == repository.archive && known.suite == suite && counts)
      expected.known_date = known.date;
  }
  return expected;
}

Request make_request(const Recipe& recipe, const MirrorMap& mirrors, const LoadOptions& options) {
  Request request;
  for (const Repository& repository : recipe.repositories) {
    const auto urls = mirrors.urls_for(repository, recipe.file.parent_path());
    for (const std::string& suite : repository.suites) {
      request.sources.push_back(
          {repository.archive, urls, repository.signed_by, expectation(repository, suite, options)});
      request.repositories.push_back(&repository);
    }
  }
  return request;
}

/// Releases that belong together with their indexes.
struct Fetched {
  std::vector<CheckedRelease> releases;
  std::vector<IndexFile> files;
  std::vector<IndexData> indexes;
};

void fetch_indexes(Fetched& fetched, const Request& request, Fetcher& fetcher, const Store& store,
                   const LoadOptions& options) {
  fetched.files.clear();
  for (std::size_t i = 0; i < request.sources.size(); ++i) {
    auto files = index_files(i, request.sources[i], fetched.releases[i].file,
                             request.repositories[i]->components, options.architecture);
    std::move(files.begin(), files.end(), std::back_inserter(fetched.files));
  }
  fetched.indexes = load_indexes(fetched.files, request.sources, fetched.releases, fetcher, store, options);
}

bool same_documents(const std::vector<CheckedRelease>& a, const std::vector<CheckedRelease>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const CheckedRelease& x, const CheckedRelease& y) { return x.document == y.document; });
}

/// A mirror may be updated after its release was read and before its indexes were. They do not fit then, and
/// all is begun again, once; but only if the release has indeed changed.
Fetched fetch_all(const Request& request, Fetcher& fetcher, SignatureVerifier& verifier, const Store& store,
                  const LoadOptions& options) {
  Fetched fetched;
  fetched.releases = fetch_releases(request.sources, fetcher, verifier);
  try {
    fetch_indexes(fetched, request, fetcher, store, options);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUntrusted && error.kind() != ErrorKind::kNetwork)
      throw;
    auto releases = fetch_releases(request.sources, fetcher, verifier);
    if (same_documents(releases, fetched.releases))
      throw;
    fetched.releases = std::move(releases);
    fetch_indexes(fetched, request, fetcher, store, options);
  }
  return fetched;
}

Release describe_one(const SuiteSource& source, const Repository& repository, const CheckedRelease& checked) {
  Release release;
  release.archive = source.archive;
  release.suite = source.expected.suite;
  release.codename = checked.file.codename;
  release.components = repository.components;
  release.security = repository.security;
  release.inrelease = checked.document;
  release.date = format_time(checked.file.date);
  release.signed_by = checked.signed_by;
  release.not_automatic = checked.file.not_automatic;
  release.but_automatic_upgrades = checked.file.but_automatic_upgrades;
  return release;
}

std::vector<Release> describe(const Request& request, const std::vector<CheckedRelease>& checked) {
  std::vector<Release> releases;
  for (std::size_t i = 0; i < checked.size(); ++i)
    releases.push_back(describe_one(request.sources[i], *request.repositories[i], checked[i]));
  return releases;
}

std::vector<PackageRecord> read_all(const Fetched& fetched) {
  std::size_t count = 0;
  for (const IndexData& index : fetched.indexes)
    count += count_records(*index);
  std::vector<PackageRecord> packages;
  packages.reserve(count);
  for (std::size_t i = 0; i < fetched.indexes.size(); ++i)
    read_parsed_index(*fetched.indexes[i], static_cast<std::uint32_t>(fetched.files[i].source), packages);
  return packages;
}

}  // namespace

RepoIndex load_repositories(const Recipe& recipe, const MirrorMap& mirrors, Fetcher& fetcher,
                            SignatureVerifier& verifier, const Store& store, const LoadOptions& options) {
  const Request request = make_request(recipe, mirrors, options);
  Fetched fetched = fetch_all(request, fetcher, verifier, store, options);
  RepoIndex index;
  index.releases = describe(request, fetched.releases);
  index.packages = read_all(fetched);
  index.buffers = std::move(fetched.indexes);
  return index;
}

std::vector<Release> load_releases(const Recipe& recipe, const MirrorMap& mirrors, Fetcher& fetcher,
                                   SignatureVerifier& verifier, const LoadOptions& options) {
  const Request request = make_request(recipe, mirrors, options);
  return describe(request, fetch_releases(request.sources, fetcher, verifier));
}

}  // namespace bootstrap
