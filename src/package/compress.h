// Fragments: compressed pieces that can be concatenated into one layer without being recompressed.
//
// zstd: a fragment is a run of frames; frames concatenate by definition. gzip: a fragment is a run of raw
// deflate blocks that ends on a byte boundary and has no final block; fragments between one gzip header and
// one trailer are ONE gzip member (CRCs join with crc32_combine). Multi-member gzip would be simpler but
// several readers stop silently after the first member.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"

namespace bootstrap {

/// What was written for a fragment.
struct Fragment {
  std::uint64_t size = 0;  ///< uncompressed
  std::uint64_t compressed_size = 0;
  std::uint32_t crc32 = 0;  ///< of the uncompressed bytes (zlib's CRC-32)
  std::vector<std::uint32_t>
      blocks;  ///< compressed size of each block, so that a reader can take them one by one
};

/// What compresses, and its version: "bootstrap-deflate-1", "zstd-1.5.4". Another one makes other bytes of
/// the same data, so this is part of the key of all that is stored compressed: else what a layer is would
/// depend on what happened to be in the store.
std::string encoder_name(Compression compression);

/// Receives bytes.
using ByteSink = std::function<void(std::string_view)>;

/// Compresses what it is given into one fragment. Works on blocks of fixed size, so the result depends on the
/// bytes only, not on how they were cut.
class FragmentWriter {
 public:
  FragmentWriter(Compression compression, ByteSink sink);
  ~FragmentWriter();
  void write(std::string_view data);
  Fragment finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Joins fragments into a whole gzip or zstd file: begin(), then for each fragment its bytes through the same
/// sink and add(), then end().
class FragmentJoiner {
 public:
  explicit FragmentJoiner(Compression compression) : compression_(compression) {}
  std::string begin() const;
  void add(const Fragment& fragment);
  std::string end() const;

 private:
  Compression compression_;
  std::uint32_t crc32_ = 0;
  std::uint64_t size_ = 0;
};

/// Decompresses one fragment. Throws kFailure when it is damaged or its size is not `fragment.size`.
void decompress_fragment(Compression compression, const Fragment& fragment, std::string_view compressed,
                         const ByteSink& sink);

}  // namespace bootstrap
