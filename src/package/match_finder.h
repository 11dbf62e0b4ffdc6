// Finds what occurred before: LZ77 with hash chains over the window of deflate.
//
// All positions are kept modulo 65536, which halves the tables. An entry may therefore be stale, or never
// have been written; but whatever it says is a place within the window, and what is there is compared before
// it is used. So tables that begin as zeros will do, and nothing is ever moved.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace bootstrap {

struct Match {
  std::uint32_t length = 0;
  std::uint32_t distance = 0;
};

class MatchFinder {
 public:
  static constexpr std::uint32_t kShortest = 3;
  static constexpr std::uint32_t kLongest = 258;
  static constexpr std::uint32_t kWindow = 32768;
  /// Bytes from a position on that enter() and find() read.
  static constexpr std::uint32_t kReads = 5;

  /// `nice`: a match of this length is not improved on.
  MatchFinder(std::uint32_t nice) : nice_(nice) {}

  /// New data, none of which is known yet. It must stay while it is searched.
  void begin(const char* data, std::uint32_t size) {
    data_ = reinterpret_cast<const std::uint8_t*>(data);
    size_ = size;
    heads3_.fill(0);
    heads4_.fill(0);
    if (size >= kReads)
      hash(load(data_));
  }

  /// Enters `position`, as must be done with each in turn, at least kReads before the end.
  void enter(std::uint32_t position) {
    next_[position % kWindow] = heads4_[hash4_];
    heads4_[hash4_] = heads3_[hash3_] = static_cast<std::uint16_t>(position);
    hash(load(data_ + position + 1));
  }

  /// Enters `position` and returns the longest match there that is longer than `best`, if one of the first
  /// `depth` candidates is; else one of length `best` and distance 0.
  Match find(std::uint32_t position, std::uint32_t best, int depth) {
    const std::uint8_t* const here = data_ + position;
    const std::uint32_t limit = std::min(kLongest, size_ - position);
    const std::uint32_t first = load(here);
    const std::uint32_t farthest = std::min(kWindow, position);
    std::uint32_t candidate = heads4_[hash4_];
    const std::uint32_t distance3 = static_cast<std::uint16_t>(position - heads3_[hash3_]);
    enter(position);
    Match match{best, 0};
    if (best < kShortest && distance3 - 1 < farthest && same3(load(here - distance3), first))
      match = {kShortest, distance3};
    if (best >= limit)
      return match;
    // The last four bytes that would make it longer are those that differ most often.
    std::uint32_t tail = match.length < 4 ? 0 : match.length - 3;
    std::uint32_t wanted = load(here + tail);
    std::uint32_t previous = 0;
    do {
      const std::uint32_t distance = static_cast<std::uint16_t>(position - candidate);
      if (distance - previous - 1 >= farthest - previous)
        break;  // stale, or at the end of the chain
      const std::uint8_t* const there = here - distance;
      if (load(there + tail) == wanted && load(there) == first) {
        const std::uint32_t length = common(here, there, limit);
        if (length > match.length) {
          match = {length, distance};
          if (length >= nice_ || length == limit)
            break;
          tail = length - 3;
          wanted = load(here + tail);
        }
      }
      previous = distance;
      candidate = next_[candidate % kWindow];
    } while (--depth > 0);
    return match;
  }

 private:
  static constexpr int kHash3Bits = 15;
  static constexpr int kHash4Bits = 16;

  /// Four bytes as a number that is the same on every machine.
  static std::uint32_t load(const std::uint8_t* bytes) {
    std::uint32_t value;
    std::memcpy(&value, bytes, sizeof value);
    if constexpr (std::endian::native == std::endian::big)
      value = __builtin_bswap32(value);
    return value;
  }
  static std::uint64_t load8(const std::uint8_t* bytes) {
    std::uint64_t value;
    std::memcpy(&value, bytes, sizeof value);
    if constexpr (std::endian::native == std::endian::big)
      value = __builtin_bswap64(value);
    return value;
  }
  static bool same3(std::uint32_t a, std::uint32_t b) { return ((a ^ b) & 0xffffff) == 0; }

  /// How many bytes are alike, of which four are known to be.
  static std::uint32_t common(const std::uint8_t* a, const std::uint8_t* b, std::uint32_t limit) {
    std::uint32_t length = 4;
    for (; length + 8 <= limit; length += 8) {
      const std::uint64_t difference = load8(a + length) ^ load8(b + length);
      if (difference != 0)
        return length + static_cast<std::uint32_t>(std::countr_zero(difference)) / 8;
    }
    while (length < limit && a[length] == b[length])
      ++length;
    return length;
  }

  /// Of the position that is entered next, whose table entries are on their way while this one is dealt with.
  void hash(std::uint32_t bytes) {
    constexpr std::uint32_t kFactor = 0x1E35A7BD;  // of several tried the one with the fewest collisions
    hash3_ = ((bytes & 0xffffff) * kFactor) >> (32 - kHash3Bits);
    hash4_ = (bytes * kFactor) >> (32 - kHash4Bits);
    __builtin_prefetch(&heads3_[hash3_], 1);
    __builtin_prefetch(&heads4_[hash4_], 1);
  }

  std::uint32_t nice_;
  const std::uint8_t* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t hash3_ = 0;
  std::uint32_t hash4_ = 0;
  std::array<std::uint16_t, 1 << kHash3Bits> heads3_{};
  std::array<std::uint16_t, 1 << kHash4Bits> heads4_{};
  std::array<std::uint16_t, kWindow> next_{};
};

}  // namespace bootstrap
