#include "package/deflate.h"

#include <algorithm>
#include <array>
#include <bit>

namespace bootstrap {

namespace {

// What makes the bytes, beside the algorithm: a change of any of these is a new version.
constexpr std::uint32_t kNice = 65;
constexpr int kDepth = 12;  // candidates that are tried; twice as many where literals are cheap
constexpr std::uint32_t kFarForThree = 8192;  // a match of three this far away costs more than three literals
constexpr std::uint32_t kChunk = 1024;        // symbols

/// The binary logarithm of numbers, in 1/256: 8 bits after the point, from the 8 bits that follow the first
/// one.
constexpr int kLogBits = 8;
constexpr auto kLogTable = [] {
  std::array<std::uint16_t, 1 << kLogBits> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    // By squaring: each time the number passes 2, the next bit of its logarithm is set.
    std::uint64_t x = (std::uint64_t{1} << 30) + (std::uint64_t{i} << (30 - kLogBits));
    std::uint32_t log = 0;
    for (int bit = 0; bit < kLogBits; ++bit) {
      x = (x * x) >> 30;
      log <<= 1;
      if (x >> 31 != 0) {
        x >>= 1;
        log |= 1;
      }
    }
    table[i] = static_cast<std::uint16_t>(log);
  }
  return table;
}();

std::uint64_t log2_of(std::uint32_t value) {
  const int exponent = static_cast<int>(std::bit_width(value)) - 1;
  const std::uint32_t fraction =
      exponent >= kLogBits ? value >> (exponent - kLogBits) : value << (kLogBits - exponent);
  return (static_cast<std::uint64_t>(exponent) << kLogBits) + kLogTable[fraction & ((1 << kLogBits) - 1)];
}

template <std::size_t Size>
std::uint64_t entropy(const std::array<std::uint32_t, Size>& frequencies) {
  std::uint64_t total = 0;
  std::uint64_t bits = 0;
  for (const std::uint32_t frequency : frequencies) {
    if (frequency == 0)
      continue;
    total += frequency;
    bits += frequency * log2_of(frequency);
  }
  return total == 0 ? 0 : total * log2_of(static_cast<std::uint32_t>(total)) - bits;
}

/// In bits; without extra bits and the head, which do not depend on where blocks are cut.
std::uint64_t cost_of(const Histogram& histogram) {
  return (entropy(histogram.literals) + entropy(histogram.distances)) >> kLogBits;
}

/// Of the head of a dynamic block, about: its fixed part, and the length of a codeword for each symbol.
std::uint64_t head_bits(const Histogram& histogram) {
  const auto is_used = [](std::uint32_t frequency) { return frequency != 0; };
  const auto used = std::count_if(histogram.literals.begin(), histogram.literals.end(), is_used) +
                    std::count_if(histogram.distances.begin(), histogram.distances.end(), is_used);
  return 100 + 3 * static_cast<std::uint64_t>(used);
}

void add(Histogram& sum, const Histogram& other) {
  for (std::size_t i = 0; i < sum.literals.size(); ++i)
    sum.literals[i] += other.literals[i];
  for (std::size_t i = 0; i < sum.distances.size(); ++i)
    sum.distances[i] += other.distances[i];
}

/// Where literals take few bits, a short match takes more than what it stands for. From the symbols of a
/// chunk: the length from which on matches pay, which is what an average match costs in literals, and more
/// than half as much again, since whatever is not matched may begin a better match. `now` where there is
/// little to judge by.
std::uint32_t shortest_worth(const Histogram& histogram, std::uint32_t now) {
  constexpr std::uint64_t kFew = 32;
  constexpr std::uint64_t kLongestWorth = 9;
  std::uint64_t literals = 0;
  std::uint64_t matches = 0;
  for (std::size_t symbol = 0; symbol < histogram.literals.size(); ++symbol)
    (symbol < kEndOfBlock ? literals : matches) += histogram.literals[symbol];
  if (literals < kFew || matches < kFew)
    return now;
  const std::uint64_t log_all = log2_of(static_cast<std::uint32_t>(literals + matches));
  const std::uint64_t log_matches = log2_of(static_cast<std::uint32_t>(matches));
  std::uint64_t literal_bits = 0;
  std::uint64_t match_bits = 0;
  for (std::size_t symbol = 0; symbol < histogram.literals.size(); ++symbol) {
    if (const std::uint32_t frequency = histogram.literals[symbol]; frequency != 0)
      (symbol < kEndOfBlock ? literal_bits : match_bits) += frequency * (log_all - log2_of(frequency));
  }
  for (std::size_t symbol = 0; symbol < histogram.distances.size(); ++symbol) {
    const std::uint64_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
    if (const std::uint32_t frequency = histogram.distances[symbol]; frequency != 0)
      match_bits += frequency * (log_matches - log2_of(frequency) + (extra << kLogBits));
  }
  const std::uint64_t worth =
      match_bits * literals * 8 / (std::max<std::uint64_t>(literal_bits, 1) * matches * 5);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(worth, MatchFinder::kShortest, kLongestWorth));
}

/// Whether a match that begins one byte later is worth a literal: a byte more counts as much as four times
/// the distance.
bool is_better(const Match& later, const Match& now) {
  const auto size = [](std::uint32_t value) { return static_cast<int>(std::bit_width(value)); };
  const int longer = static_cast<int>(later.length) - static_cast<int>(now.length);
  return longer >= 0 && 4 * longer + size(now.distance) - size(later.distance) > 2;
}

}  // namespace

DeflateEncoder::DeflateEncoder()
    : finder_(std::make_unique<MatchFinder>(kNice)), output_(longest_output(kLargest, kChunk), '\0') {}

std::string_view DeflateEncoder::encode(std::string_view input) {
  input_ = input;
  shortest_ = MatchFinder::kShortest;
  writer_ = BitWriter(output_.data());
  position_ = chunk_begin_ = block_begin_ = 0;
  parse(input);
  if (open_.literals > 0)
    end_sequence(0, 1);
  if (symbols_ > 0)
    end_chunk();
  if (!sequences_.empty())
    end_block();
  // An empty stored block ends at a byte's end.
  writer_.add(0, 3);
  writer_.align();
  writer_.copy(std::string_view("\x00\x00\xff\xff", 4));
  return std::string_view(output_).substr(0, writer_.size());
}

void DeflateEncoder::parse(std::string_view input) {
  const auto size = static_cast<std::uint32_t>(input.size());
  // Where the finder cannot read on there are only literals.
  const std::uint32_t end = size < MatchFinder::kReads ? 0 : size - MatchFinder::kReads + 1;
  MatchFinder& finder = *finder_;
  finder.begin(input.data(), size);
  std::uint32_t position = 0;
  while (position < end) {
    const int depth = shortest_ > MatchFinder::kShortest ? 2 * kDepth : kDepth;
    Match now = finder.find(position, shortest_ - 1, depth);
    ++position;
    if (now.distance == 0 || (now.length == MatchFinder::kShortest && now.distance > kFarForThree)) {
      add_literal(static_cast<std::uint8_t>(input[position - 1]));
      continue;
    }
    while (now.length < kNice && position < end) {
      const Match later = finder.find(position, now.length - 1, depth / 2);
      ++position;
      if (later.distance == 0 || !is_better(later, now))
        break;
      add_literal(static_cast<std::uint8_t>(input[position - 2]));
      now = later;
    }
    add_match(now);
    const auto matched = static_cast<std::uint32_t>(position_);
    for (const std::uint32_t stop = std::min(matched, end); position < stop; ++position)
      finder.enter(position);
    position = matched;
  }
  while (position_ < size)
    add_literal(static_cast<std::uint8_t>(input[position_]));
}

void DeflateEncoder::add_literal(std::uint8_t literal) {
  ++chunk_.literals[literal];
  ++open_.literals;
  ++position_;
  if (++symbols_ >= kChunk) {
    end_sequence(0, 1);
    end_chunk();
  }
}

void DeflateEncoder::add_match(Match match) {
  ++chunk_.literals[length_symbol(match.length)];
  ++chunk_.distances[distance_symbol(match.distance)];
  position_ += match.length;
  end_sequence(match.length, match.distance);
  if (++symbols_ >= kChunk)
    end_chunk();
}

void DeflateEncoder::end_sequence(std::uint32_t length, std::uint32_t distance) {
  open_.length = static_cast<std::uint16_t>(length);
  open_.distance = static_cast<std::uint16_t>(distance - 1);
  sequences_.push_back(open_);
  open_ = {};
}

/// Makes the chunk a part of the block, or, if it is so different that this pays, the first of the next one.
void DeflateEncoder::end_chunk() {
  const std::uint64_t cost = cost_of(chunk_);
  Histogram both = block_;
  add(both, chunk_);
  std::uint64_t together = cost_of(both);
  if (chunk_begin_ > block_begin_ && block_cost_ + cost + head_bits(chunk_) < together) {
    end_block();
    both = chunk_;
    together = cost;
  }
  block_ = both;
  block_cost_ = together;
  block_sequences_ = sequences_.size();
  chunk_begin_ = position_;
  shortest_ = shortest_worth(chunk_, shortest_);
  chunk_ = {};
  symbols_ = 0;
}

void DeflateEncoder::end_block() {
  write_block(writer_, input_.substr(block_begin_, chunk_begin_ - block_begin_),
              std::span(sequences_).first(block_sequences_), block_);
  sequences_.erase(sequences_.begin(), sequences_.begin() + static_cast<std::ptrdiff_t>(block_sequences_));
  block_ = {};
  block_cost_ = 0;
  block_sequences_ = 0;
  block_begin_ = chunk_begin_;
}

}  // namespace bootstrap
