// A blob that gets its name, the digest of its bytes, only when the last byte is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/digest.h"
#include "base/fd.h"

namespace bootstrap {

/// Writes under a temporary name in `directory`; gone again unless published. The mode is 0644 whatever the
/// umask, because the worker reads blobs under a sub-uid.
class BlobWriter {
 public:
  explicit BlobWriter(std::filesystem::path directory);
  BlobWriter(BlobWriter&&) = delete;
  ~BlobWriter();

  void write(std::string_view data);
  std::uint64_t size() const { return size_; }
  /// Names the blob by its digest (hex), replacing one of that name, and returns the digest. Not flushed to
  /// disk: whoever refers to a blob durably does that first.
  Digest publish();

 private:
  std::filesystem::path directory_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

}  // namespace bootstrap
