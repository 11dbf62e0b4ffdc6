// One block of deflate (RFC 1951, 3.2): what it is made of, what it costs in each of its three forms, and its
// bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bootstrap {

inline constexpr std::size_t kLiteralsAndLengths = 288;
inline constexpr std::size_t kDistances = 30;
inline constexpr std::size_t kEndOfBlock = 256;

/// Literals that stand in the input as they are, and the match that follows them; without one `length` is 0.
struct Sequence {
  std::uint32_t literals = 0;
  std::uint16_t length = 0;
  std::uint16_t distance = 0;  ///< less 1
};

/// How often each symbol occurs.
struct Histogram {
  std::array<std::uint32_t, kLiteralsAndLengths> literals{};
  std::array<std::uint32_t, kDistances> distances{};
};

/// The symbol that a match's length (3 to 258) or distance (1 to 32768) is written with.
std::size_t length_symbol(std::uint32_t length);
std::size_t distance_symbol(std::uint32_t distance);

/// Bits in the order of deflate: the first is the lowest of its byte.
class BitWriter {
 public:
  /// Bytes that must be free behind what is written.
  static constexpr std::size_t kSlack = 8;

  explicit BitWriter(char* out) : begin_(out), next_(out) {}
  /// At most 56 bits between two flushes.
  void add(std::uint64_t bits, int count) {
    buffer_ |= bits << filled_;
    filled_ += count;
  }
  void flush();
  /// Zero bits up to the next byte.
  void align();
  void copy(std::string_view bytes);
  std::size_t size() const { return static_cast<std::size_t>(next_ - begin_); }

 private:
  char* begin_;
  char* next_;
  std::uint64_t buffer_ = 0;
  int filled_ = 0;
};

/// Writes the sequences as one block that is not the last, in whichever form is shortest. `input` is what
/// they stand for, `histogram` counts their symbols without the end of the block.
void write_block(BitWriter& out, std::string_view input, std::span<const Sequence> sequences,
                 Histogram histogram);

/// How many bytes the blocks of an input of this size can take at most, whatever it is cut into, if no two
/// cuts are closer than `shortest` bytes. The empty block at the end is counted.
constexpr std::size_t longest_output(std::size_t size, std::size_t shortest) {
  constexpr std::size_t kStored = 65535;
  constexpr std::size_t kHeader = 5;
  return size + (size / shortest + size / kStored + 3) * kHeader + BitWriter::kSlack;
}

}  // namespace bootstrap
