// Our own deflate (RFC 1951). The digest of an image names the compressed bytes of its layers, and it is the
// same on every machine; no library promises that of its bytes, and releases of them differ. So this encoder
// is a part of the format, like the tar writer: the same input gives the same output whatever the machine,
// its compiler and its libraries are, and a change of what it writes is a new kDeflateVersion.
//
// Matches are found through hash chains, and are put off by a byte where the next one is better. Blocks are
// cut where the statistics of what follows differ from those of what came before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "package/deflate_block.h"
#include "package/match_finder.h"

namespace bootstrap {

inline constexpr int kDeflateVersion = 1;

class DeflateEncoder {
 public:
  static constexpr std::size_t kLargest = 1 << 20;

  DeflateEncoder();

  /// Blocks that stand for `input` (at most kLargest bytes) and need nothing before them. None of them is the
  /// last of its stream, and they end at the end of a byte, so more blocks can follow. Valid until the next
  /// call.
  std::string_view encode(std::string_view input);

 private:
  void parse(std::string_view input);
  void add_literal(std::uint8_t literal);
  void add_match(Match match);
  void end_sequence(std::uint32_t length, std::uint32_t distance);
  void end_chunk();
  void end_block();

  std::unique_ptr<MatchFinder> finder_;
  std::string output_;
  BitWriter writer_{nullptr};
  std::string_view input_;
  std::vector<Sequence> sequences_;                  ///< those of the block, then those of the chunk
  Sequence open_;                                    ///< literals that no match follows yet
  std::uint32_t shortest_ = MatchFinder::kShortest;  ///< match that is taken
  std::uint32_t symbols_ = 0;                        ///< in the chunk
  Histogram chunk_;
  Histogram block_;
  std::uint64_t block_cost_ = 0;
  std::size_t block_sequences_ = 0;
  std::size_t position_ = 0;     ///< all before it is in sequences_
  std::size_t chunk_begin_ = 0;  ///< in input_
  std::size_t block_begin_ = 0;
};

}  // namespace bootstrap
