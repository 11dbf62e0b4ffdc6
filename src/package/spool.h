// Content that has to wait: a package's files come in archive order and leave in the order of their paths.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "package/compress.h"

namespace bootstrap {

/// A growing byte sequence: in memory while it is small, as most packages are, else in an unlinked file.
class Spool {
 public:
  /// The file, if one is needed, is made in `directory`.
  explicit Spool(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void append(std::string_view data);
  std::uint64_t size() const { return spilled_ + buffer_.size(); }
  /// Gives `size` bytes from `offset`, which must have been appended, to `sink`.
  void read(std::uint64_t offset, std::uint64_t size, const ByteSink& sink) const;

 private:
  void spill();

  std::filesystem::path directory_;
  std::string buffer_;         ///< what is not in the file
  std::uint64_t spilled_ = 0;  ///< bytes in the file
  UniqueFd file_;
};

}  // namespace bootstrap
