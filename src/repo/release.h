// Release files: what one suite of an archive consists of, signed. The format is described at
// https://wiki.debian.org/DebianRepository/Format.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "trust/signature.h"

namespace bootstrap {

/// A file as a release lists it.
struct ListedFile {
  Digest sha256;
  std::uint64_t size = 0;  ///< bytes
};

struct ReleaseFile {
  std::string suite;
  std::string codename;
  std::vector<std::string> components;  ///< without the "updates/" that security archives put in front
  std::vector<std::string> architectures;
  std::chrono::sys_seconds date;
  std::optional<std::chrono::sys_seconds> valid_until;
  bool not_automatic = false;
  bool but_automatic_upgrades = false;
  bool acquire_by_hash = false;
  /// "all" packages are listed in binary-all indexes and not necessarily in those of each architecture.
  bool separate_all = false;
  /// By path below dists/SUITE.
  std::map<std::string, ListedFile, std::less<>> files;
  /// Paths listed with other digests than SHA-256 only.
  std::set<std::string, std::less<>> unusable;
};

/// Parses a release. Takes a SignedText, so that nothing unsigned is ever believed. Throws kFailure, with the
/// line's number, for what is no release file: repeated fields, a missing or strange Date, digests, sizes and
/// paths which are none, more than 100 000 files.
ReleaseFile parse_release(const SignedText& text);

/// What a release must be to be the one that was asked for.
struct ReleaseExpectation {
  std::string suite;       ///< as the recipe names it
  std::string known_date;  ///< of the release in the lock, 2026-07-11T10:16:37Z; empty: none
  std::chrono::system_clock::time_point now;
};

/// How far in the future a Date may lie: clocks of machines without time synchronisation differ by that.
constexpr std::chrono::minutes kClockTolerance{5};

/// Throws kUntrusted for another suite than the expected, a Date in the future or before the known one, and a
/// Valid-Until that has passed. A valid signature does not rule these out: whoever controls a mirror can
/// serve old or other releases of the same key.
void check_release(const ReleaseFile& release, const ReleaseExpectation& expected);

/// 2026-07-11T10:16:37Z
std::string format_time(std::chrono::sys_seconds time);

}  // namespace bootstrap
