// The unfinished copy of a download. It survives the process, so that the next one can go on where this one
// was cut, and it is its own lock: whoever holds it is the only one who fetches that file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/fd.h"

namespace bootstrap {

class PartFile {
 public:
  /// Opens or creates it and hashes what is there. nullopt when another process or fetcher has it open.
  static std::optional<PartFile> open(const std::filesystem::path& path);
  PartFile(PartFile&&) noexcept = default;
  PartFile& operator=(PartFile&&) = delete;
  /// Keeps the file for the next attempt, unless it is empty.
  ~PartFile();

  std::uint64_t size() const { return size_; }
  void append(std::string_view data);
  /// Drops everything.
  void restart();
  /// Of everything in it. Call once when all is there; afterwards only restart() or commit().
  Digest finish() { return hasher_.finish(); }
  /// Gives the file its final name.
  void commit(const std::filesystem::path& target);

 private:
  PartFile(std::filesystem::path path, UniqueFd fd);
  void hash_content();

  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  Hasher hasher_;
};

}  // namespace bootstrap
