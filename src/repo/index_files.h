// The Packages indexes of a release: which there are, and how their contents get here.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fetch/fetcher.h"
#include "repo/decompress.h"
#include "repo/release.h"
#include "repo/release_fetch.h"
#include "repo/repo_index.h"
#include "store/store.h"

namespace bootstrap {

/// One Packages index in the form that is fetched.
struct IndexFile {
  std::size_t source = 0;  ///< index of its suite
  std::string path;        ///< below dists/SUITE: main/binary-amd64/Packages.gz
  std::string label;       ///< "debian bookworm main/binary-amd64/Packages.gz"
  IndexCompression compression = IndexCompression::kNone;
  ListedFile packed;               ///< as fetched
  std::optional<ListedFile> text;  ///< decompressed, where the release lists that too
};

/// The indexes of `components` for `architecture`. Throws kUsage when the suite has no such component or
/// architecture, and kUntrusted for an index that is listed without SHA-256.
std::vector<IndexFile> index_files(std::size_t number, const SuiteSource& source, const ReleaseFile& release,
                                   const std::vector<std::string>& components,
                                   const std::string& architecture);

/// A parsed index, shared with the records that point into it.
using IndexData = std::shared_ptr<const std::string>;

/// The contents of `files`, in their order, as repo/parsed_index.h has them. What an earlier run parsed is
/// taken from the store (Area::kIndex, named by archive, path and digest of the file) and neither fetched nor
/// parsed again.
std::vector<IndexData> load_indexes(std::span<const IndexFile> files, std::span<const SuiteSource> sources,
                                    std::span<const CheckedRelease> releases, Fetcher& fetcher,
                                    const Store& store, const LoadOptions& options);

}  // namespace bootstrap
