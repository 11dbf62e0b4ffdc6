// Brings the release of every suite here, from the first mirror whose copy passes all checks.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "fetch/fetcher.h"
#include "repo/release.h"
#include "store/store.h"
#include "trust/signature.h"

namespace bootstrap {

/// One suite of one archive, and where to get it.
struct SuiteSource {
  std::string archive;
  std::vector<std::string> mirrors;  ///< base URLs, in the order to try
  std::vector<std::filesystem::path> signed_by;
  ReleaseExpectation expected;

  std::string label() const { return archive + " " + expected.suite; }
  /// Where the suite lies on each mirror.
  std::vector<std::string> urls(const std::string& path) const;
};

struct CheckedRelease {
  ReleaseFile file;
  Digest document;        ///< of the InRelease (or Release) as fetched
  std::string signed_by;  ///< fingerprint
};

/// In the order of `sources`. Takes InRelease where there is one, else Release with Release.gpg. Throws
/// kNetwork when no mirror has a release, kUntrusted when none has one that passes, kFailure when it cannot
/// be parsed; the error is that of the first mirror and names archive, suite and file.
std::vector<CheckedRelease> fetch_releases(std::span<const SuiteSource> sources, Fetcher& fetcher,
                                           SignatureVerifier& verifier);

/// The release with this digest, if the store still has it: the last one that was fetched of each suite is
/// kept.
std::optional<std::string> find_release(const Store& store, const std::string& archive,
                                        const std::string& suite, const Digest& document);

}  // namespace bootstrap
