// The lock: exactly which packages an image is made of, and how they are built and layered. The only door
// between choosing and building. docs/lock-format.md describes the file; it is canonical JSON, committed
// beside the recipe as NAME.lock.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"

namespace bootstrap {

struct LockedRepository {
  std::string archive;
  std::string suite;
  std::vector<std::string> components;
  bool security = false;
  Digest inrelease;       ///< of the signed file as fetched
  std::string date;       ///< its Date, as 2026-07-11T10:16:37Z
  std::string signed_by;  ///< fingerprint of the key that made the signature

  friend bool operator==(const LockedRepository&, const LockedRepository&) = default;
};

struct LockedPackage {
  std::string name;
  std::string version;
  std::string architecture;  ///< "amd64" or "all"
  std::string archive;
  std::string suite;
  std::string path;        ///< below the archive: pool/main/n/nginx/...
  std::uint64_t size = 0;  ///< of the .deb, bytes
  Digest sha256;
  std::string source;
  std::string source_version;
  bool security = false;  ///< came from a security suite
  unsigned stage = 0;  ///< 0 essential closure, 1 rest of the variant, 2 dependencies of what is included, 3
                       ///< what is included
  unsigned layer = 0;  ///< of this recipe's own package layers, from 0

  friend bool operator==(const LockedPackage&, const LockedPackage&) = default;
};

struct LockedParent {
  std::string name;
  Digest lock;  ///< digest of the parent's lock file

  friend bool operator==(const LockedParent&, const LockedParent&) = default;
};

struct Lockfile {
  static constexpr int kFormat = 1;

  std::string name;
  std::string architecture;
  Digest recipe;  ///< recipe_digest() of the recipe it was made for
  std::optional<LockedParent> parent;
  std::vector<LockedRepository> repositories;
  std::vector<LockedPackage> packages;  ///< in install order; the parent's are not repeated

  friend bool operator==(const Lockfile&, const Lockfile&) = default;
};

/// The lock beside a recipe: web.yml -> web.lock.json. A recipe with several architectures has one lock each:
/// without `further_architecture` that of the first, web.arm64.lock.json for each other one.
std::filesystem::path lock_path(const std::filesystem::path& recipe_file,
                                const std::string& further_architecture = {});

std::string to_text(const Lockfile& lock);
/// Digest of to_text(); what a child's lock names.
Digest lock_digest(const Lockfile& lock);
/// Throws kUsage, naming `what` and the offending member, for anything that is not a complete lock of a known
/// format.
Lockfile parse_lock(std::string_view text, std::string_view what);

std::optional<Lockfile> read_lock(const std::filesystem::path& file);
void write_lock(const std::filesystem::path& file, const Lockfile& lock);

/// What moved from one lock to the next, by package name, sorted. Equal versions: the archive gave the same
/// version another file.
struct LockChange {
  std::string name;
  std::string from;  ///< version; empty: added
  std::string to;    ///< version; empty: removed
};
std::vector<LockChange> compare(const Lockfile& before, const Lockfile& after);

}  // namespace bootstrap
