// What the archives of a recipe offer: verified releases and the packages they list.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "fetch/fetcher.h"
#include "recipe/mirror_map.h"
#include "recipe/recipe.h"
#include "store/store.h"
#include "trust/signature.h"

namespace bootstrap {

/// One stanza of a Packages index. The views point into buffers which the RepoIndex owns. Relation fields are
/// unparsed field values.
struct PackageRecord {
  std::string_view name, version, architecture;
  std::string_view source,
      source_version;  ///< filled in also where the stanza leaves them to name and version
  std::string_view multi_arch, priority, section;
  std::string_view depends, pre_depends, recommends, suggests, provides, conflicts, breaks, replaces,
      enhances;
  std::string_view filename;         ///< below the archive
  std::uint64_t size = 0;            ///< of the .deb
  std::uint64_t installed_size = 0;  ///< KiB
  Digest sha256;
  bool essential = false;
  bool important = false;     ///< Important: yes or Protected: yes
  std::uint32_t release = 0;  ///< index into RepoIndex::releases

  friend bool operator==(const PackageRecord&, const PackageRecord&) = default;
};

/// One suite of one archive, its signature verified.
struct Release {
  std::string archive;
  std::string suite;  ///< as the recipe names it
  std::string codename;
  std::vector<std::string> components;
  bool security = false;
  Digest inrelease;
  std::string date;            ///< 2026-07-11T10:16:37Z
  std::string signed_by;       ///< fingerprint
  bool not_automatic = false;  ///< NotAutomatic: yes, as backports
  bool but_automatic_upgrades = false;
};

struct RepoIndex {
  std::vector<Release> releases;        ///< in the order of the recipe
  std::vector<PackageRecord> packages;  ///< in the order of releases, components and stanzas
  std::vector<std::shared_ptr<const std::string>> buffers;
};

/// What a release's date is checked against: never older than what a lock already names.
struct KnownRelease {
  std::string archive;
  std::string suite;
  std::string date;
};

struct LoadOptions {
  std::string architecture;
  std::vector<KnownRelease> known;  ///< from the lock
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
  std::function<void(const FetchProgress&)> progress;  ///< of the indexes; may be empty
};

/// Fetches and verifies every InRelease (or Release + Release.gpg) of the repositories, then fetches, checks
/// and parses the Packages indexes they list (by hash where offered, .gz before .xz before plain). Throws
/// kUntrusted (signature, Valid-Until, Date in the future, rollback, weak or missing hash, Packages that do
/// not match), kNetwork, or kFailure for an index that cannot be parsed; each names archive, suite and file.
RepoIndex load_repositories(const Recipe& recipe, const MirrorMap& mirrors, Fetcher& fetcher,
                            SignatureVerifier& verifier, const Store& store, const LoadOptions& options);

/// Only the first half of that: the verified releases, without their packages. Releases whose digests are
/// those of the lock offer nothing new, so this is all it takes to find out that nothing moved.
std::vector<Release> load_releases(const Recipe& recipe, const MirrorMap& mirrors, Fetcher& fetcher,
                                   SignatureVerifier& verifier, const LoadOptions& options);

}  // namespace bootstrap
