#include "package/deflate_block.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "package/huffman.h"

namespace bootstrap {

namespace {

// One less than the format allows for literals and lengths: four of them and what is left of a byte fit 64
// bits.
constexpr int kLongestLiteral = 14;
constexpr int kLongestDistance = 15;
constexpr int kLongestPrecode = 7;
constexpr int kHeaderBits = 3;
constexpr std::uint32_t kLengths = 259;

enum BlockType { kStored = 0, kFixed = 1, kDynamic = 2 };

// RFC 1951, 3.2.5.
constexpr std::array<std::uint16_t, 29> kLengthBase{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                    15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                    67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kLengthExtra{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, kDistances> kDistanceBase{
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, kDistances> kDistanceExtra{
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
// RFC 1951, 3.2.7.
constexpr std::array<std::uint8_t, 19> kPrecodeOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

constexpr auto kLengthSymbols = [] {
  std::array<std::uint8_t, kLengths> symbols{};
  for (std::size_t symbol = 0; symbol < kLengthBase.size(); ++symbol) {
    for (std::uint32_t length = kLengthBase[symbol]; length < kLengths; ++length)
      symbols[length] = static_cast<std::uint8_t>(symbol);
  }
  return symbols;
}();

/// Of distances less 1: up to 256, and beyond those in steps of 128.
constexpr auto kDistanceSymbols = [] {
  std::array<std::uint8_t, 512> symbols{};
  for (std::uint32_t symbol = 0; symbol < kDistances; ++symbol) {
    const std::uint32_t first = kDistanceBase[symbol] - 1U;
    for (std::uint32_t i = first < 256 ? first : 512; i < 256; ++i)
      symbols[i] = static_cast<std::uint8_t>(symbol);
    for (std::uint32_t i = 256 + (first >> 7); i < 512; ++i)
      symbols[i] = static_cast<std::uint8_t>(symbol);
  }
  return symbols;
}();

/// The two codes of a block.
struct Codes {
  std::array<std::uint8_t, kLiteralsAndLengths> literal_lengths{};
  std::array<std::uint8_t, kDistances> distance_lengths{};
  std::array<std::uint16_t, kLiteralsAndLengths> literals{};
  std::array<std::uint16_t, kDistances> distances{};

  void assign_words() {
    codewords(literal_lengths, literals);
    codewords(distance_lengths, distances);
  }
};

Codes fixed_codes() {
  Codes codes;
  for (std::size_t symbol = 0; symbol < kLiteralsAndLengths; ++symbol)
    codes.literal_lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
  codes.distance_lengths.fill(5);
  codes.assign_words();
  return codes;
}

const Codes kFixedCodes = fixed_codes();

/// One symbol of the code for code lengths, with its extra bits.
struct LengthItem {
  std::uint8_t symbol = 0;
  std::uint8_t extra = 0;
};

/// The head of a dynamic block: the lengths of both codes, run-length coded, and the code for that.
struct DynamicHead {
  std::array<LengthItem, kLiteralsAndLengths + kDistances> items;
  std::size_t item_count = 0;
  std::size_t literal_count = 0;
  std::size_t distance_count = 0;
  std::size_t precode_count = 0;
  std::array<std::uint8_t, 19> precode_lengths{};
  std::uint64_t bits = 0;

  explicit DynamicHead(const Codes& codes);
  void write(BitWriter& out) const;

 private:
  void add_run(std::uint8_t length, std::size_t count);
};

constexpr int extra_bits_of(std::uint8_t symbol) {
  return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0;
}

void DynamicHead::add_run(std::uint8_t length, std::size_t count) {
  auto add = [&](std::uint8_t symbol, std::size_t extra) {
    items[item_count++] = {symbol, static_cast<std::uint8_t>(extra)};
  };
  if (length == 0) {
    for (; count >= 11; count -= std::min<std::size_t>(count, 138))
      add(18, std::min<std::size_t>(count, 138) - 11);
    if (count >= 3) {
      add(17, count - 3);
      count = 0;
    }
  } else if (count >= 4) {
    add(length, 0);
    for (--count; count >= 3; count -= std::min<std::size_t>(count, 6))
      add(16, std::min<std::size_t>(count, 6) - 3);
  }
  for (; count > 0; --count)
    add(length, 0);
}

DynamicHead::DynamicHead(const Codes& codes) {
  auto used = [](const auto& lengths, std::size_t least) {
    std::size_t count = lengths.size();
    while (count > least && lengths[count - 1] == 0)
      --count;
    return count;
  };
  literal_count = used(codes.literal_lengths, 257);
  distance_count = used(codes.distance_lengths, 1);
  std::array<std::uint8_t, kLiteralsAndLengths + kDistances> lengths;
  std::copy_n(codes.literal_lengths.begin(), literal_count, lengths.begin());
  std::copy_n(codes.distance_lengths.begin(), distance_count, lengths.begin() + literal_count);
  const std::size_t total = literal_count + distance_count;
  for (std::size_t first = 0; first < total;) {
    std::size_t end = first + 1;
    while (end < total && lengths[end] == lengths[first])
      ++end;
    add_run(lengths[first], end - first);
    first = end;
  }
  std::array<std::uint32_t, 19> frequencies{};
  for (std::size_t i = 0; i < item_count; ++i)
    ++frequencies[items[i].symbol];
  code_lengths(frequencies, kLongestPrecode, precode_lengths);
  precode_count = kPrecodeOrder.size();
  while (precode_count > 4 && precode_lengths[kPrecodeOrder[precode_count - 1]] == 0)
    --precode_count;
  bits = 5 + 5 + 4 + 3 * precode_count;
  for (std::size_t i = 0; i < item_count; ++i)
    bits += static_cast<std::uint64_t>(precode_lengths[items[i].symbol] + extra_bits_of(items[i].symbol));
}

void DynamicHead::write(BitWriter& out) const {
  out.add(literal_count - 257, 5);
  out.add(distance_count - 1, 5);
  out.add(precode_count - 4, 4);
  out.flush();
  for (std::size_t i = 0; i < precode_count; ++i) {
    out.add(precode_lengths[kPrecodeOrder[i]], 3);
    out.flush();
  }
  std::array<std::uint16_t, 19> words{};
  codewords(precode_lengths, words);
  for (std::size_t i = 0; i < item_count; ++i) {
    const LengthItem item = items[i];
    out.add(words[item.symbol], precode_lengths[item.symbol]);
    out.add(item.extra, extra_bits_of(item.symbol));
    out.flush();
  }
}

std::uint64_t body_bits(const Histogram& histogram, const Codes& codes) {
  std::uint64_t bits = 0;
  for (std::size_t symbol = 0; symbol < kLiteralsAndLengths; ++symbol) {
    const int extra =
        symbol > kEndOfBlock && symbol - 257 < kLengthExtra.size() ? kLengthExtra[symbol - 257] : 0;
    bits += std::uint64_t{histogram.literals[symbol]} *
            static_cast<std::uint64_t>(codes.literal_lengths[symbol] + extra);
  }
  for (std::size_t symbol = 0; symbol < kDistances; ++symbol)
    bits += std::uint64_t{histogram.distances[symbol]} *
            static_cast<std::uint64_t>(codes.distance_lengths[symbol] + kDistanceExtra[symbol]);
  return bits;
}

/// Stored blocks hold 65535 bytes each; how far the first is from a byte's end is not known here, so it
/// counts whole.
std::uint64_t stored_bits(std::size_t size) {
  constexpr std::size_t kMost = 65535;
  return size * 8 + (size / kMost + 1) * (8 + 32);
}

void write_stored(BitWriter& out, std::string_view input) {
  constexpr std::size_t kMost = 65535;
  do {
    const std::string_view part = input.substr(0, kMost);
    out.add(kStored << 1, kHeaderBits);
    out.align();
    out.add(part.size() | (~part.size() & 0xffff) << 16, 32);
    out.flush();
    out.copy(part);
    input.remove_prefix(part.size());
  } while (!input.empty());
}

void write_body(BitWriter& out, std::string_view input, std::span<const Sequence> sequences,
                const Codes& codes) {
  // A length's codeword with its extra bits, and how many bits that is.
  std::array<std::uint32_t, kLengths> length_words;
  std::array<std::uint8_t, kLengths> length_bits;
  for (std::uint32_t length = 3; length < kLengths; ++length) {
    const std::size_t symbol = kLengthSymbols[length];
    const int bits = codes.literal_lengths[257 + symbol];
    length_words[length] = codes.literals[257 + symbol] | (length - kLengthBase[symbol]) << bits;
    length_bits[length] = static_cast<std::uint8_t>(bits + kLengthExtra[symbol]);
  }
  const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
  auto literal = [&] {
    out.add(codes.literals[*next], codes.literal_lengths[*next]);
    ++next;
  };
  for (const Sequence& sequence : sequences) {
    std::uint32_t left = sequence.literals;
    for (; left >= 4; left -= 4) {
      literal();
      literal();
      literal();
      literal();
      out.flush();
    }
    for (; left > 0; --left)
      literal();
    out.flush();
    if (sequence.length == 0)
      continue;
    const std::size_t symbol = distance_symbol(sequence.distance + 1U);
    out.add(length_words[sequence.length], length_bits[sequence.length]);
    out.add(codes.distances[symbol], codes.distance_lengths[symbol]);
    out.add(sequence.distance + 1U - kDistanceBase[symbol], kDistanceExtra[symbol]);
    out.flush();
    next += sequence.length;
  }
  out.add(codes.literals[kEndOfBlock], codes.literal_lengths[kEndOfBlock]);
  out.flush();
}

}  // namespace

std::size_t length_symbol(std::uint32_t length) {
  return 257U + kLengthSymbols[length];
}

std::size_t distance_symbol(std::uint32_t distance) {
  const std::uint32_t index = distance - 1;
  return kDistanceSymbols[index < 256 ? index : 256 + (index >> 7)];
}

void BitWriter::flush() {
  std::uint64_t bytes = buffer_;
  if constexpr (std::endian::native == std::endian::big)
    bytes = __builtin_bswap64(bytes);
  std::memcpy(next_, &bytes, sizeof bytes);
  next_ += filled_ >> 3;
  buffer_ >>= filled_ & ~7;
  filled_ &= 7;
}

void BitWriter::align() {
  filled_ = (filled_ + 7) & ~7;
  flush();
}

void BitWriter::copy(std::string_view bytes) {
  std::memcpy(next_, bytes.data(), bytes.size());
  next_ += bytes.size();
}

void write_block(BitWriter& out, std::string_view input, std::span<const Sequence> sequences,
                 Histogram histogram) {
  histogram.literals[kEndOfBlock] = 1;
  Codes codes;
  code_lengths(histogram.literals, kLongestLiteral, codes.literal_lengths);
  code_lengths(histogram.distances, kLongestDistance, codes.distance_lengths);
  const DynamicHead head(codes);
  const std::uint64_t dynamic = head.bits + body_bits(histogram, codes);
  const std::uint64_t fixed = body_bits(histogram, kFixedCodes);
  if (stored_bits(input.size()) <= std::min(dynamic, fixed) + kHeaderBits)
    return write_stored(out, input);
  if (fixed <= dynamic) {
    out.add(kFixed << 1, kHeaderBits);
    return write_body(out, input, sequences, kFixedCodes);
  }
  out.add(kDynamic << 1, kHeaderBits);
  head.write(out);
  codes.assign_words();
  write_body(out, input, sequences, codes);
}

}  // namespace bootstrap
