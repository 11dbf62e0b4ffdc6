#include "package/huffman.h"

#include <algorithm>
#include <array>

namespace bootstrap {

namespace {

constexpr std::size_t kMostSymbols = 288;
constexpr int kLongest = 15;
constexpr int kSymbolBits = 9;

/// Depths of the leaves of an optimal tree over weights in ascending order, written over them: Moffat and
/// Katajainen, In-Place Calculation of Minimum-Redundancy Codes (1995).
void minimum_redundancy(std::span<std::uint32_t> weights) {
  const int n = static_cast<int>(weights.size());
  // From the left, two lightest at a time: of an inner node the weight, and later its parent.
  int leaf = 0;
  int root = 0;
  for (int next = 0; next < n - 1; ++next) {
    std::uint32_t weight = 0;
    for (int child = 0; child < 2; ++child) {
      if (leaf >= n || (root < next && weights[root] < weights[leaf])) {
        weight += weights[root];
        weights[root++] = static_cast<std::uint32_t>(next);
      } else {
        weight += weights[leaf++];
      }
    }
    weights[next] = weight;
  }
  // From the right: depths of inner nodes.
  weights[n - 2] = 0;
  for (int next = n - 3; next >= 0; --next)
    weights[next] = weights[weights[next]] + 1;
  // Depths of leaves: what a level has room for beyond its inner nodes.
  int available = 1;
  int inner = n - 2;
  int next = n - 1;
  for (std::uint32_t depth = 0; available > 0; ++depth) {
    int used = 0;
    for (; inner >= 0 && weights[inner] == depth; --inner)
      ++used;
    for (; available > used; --available)
      weights[next--] = depth;
    available = 2 * used;
  }
}

/// Shortens the leaves below `longest` to it, and lengthens others until the Kraft sum is 1 again. `count`
/// has how many codewords of each length there are.
void limit(std::array<std::uint32_t, kMostSymbols>& count, int longest) {
  for (std::size_t length = kMostSymbols - 1; length > static_cast<std::size_t>(longest); --length) {
    count[longest] += count[length];
    count[length] = 0;
  }
  std::uint32_t kraft = 0;
  for (int length = 1; length <= longest; ++length)
    kraft += count[length] << (longest - length);
  // Each step makes one codeword of the last length room beside the longest of the shorter ones.
  for (; kraft > 1U << longest; --kraft) {
    int length = longest - 1;
    while (count[length] == 0)
      --length;
    --count[length];
    count[length + 1] += 2;
    --count[longest];
  }
}

}  // namespace

void code_lengths(std::span<const std::uint32_t> frequencies, int longest, std::span<std::uint8_t> lengths) {
  std::array<std::uint64_t, kMostSymbols> order;
  std::size_t used = 0;
  for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
    lengths[symbol] = 0;
    if (frequencies[symbol] != 0)
      order[used++] = std::uint64_t{frequencies[symbol]} << kSymbolBits | symbol;
  }
  constexpr std::uint64_t kSymbolMask = (1 << kSymbolBits) - 1;
  if (used < 2) {
    if (used == 1)
      lengths[order[0] & kSymbolMask] = 1;
    return;
  }
  std::sort(order.begin(), order.begin() + used);  // no two are equal, so every sort comes to the same
  std::array<std::uint32_t, kMostSymbols> depths;
  for (std::size_t i = 0; i < used; ++i)
    depths[i] = static_cast<std::uint32_t>(order[i] >> kSymbolBits);
  minimum_redundancy(std::span(depths).first(used));
  std::array<std::uint32_t, kMostSymbols> count{};
  for (std::size_t i = 0; i < used; ++i)
    ++count[depths[i]];
  limit(count, longest);
  std::size_t next = 0;
  for (int length = longest; length > 0; --length) {
    for (std::uint32_t i = 0; i < count[length]; ++i)
      lengths[order[next++] & kSymbolMask] = static_cast<std::uint8_t>(length);
  }
}

void codewords(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> words) {
  std::array<std::uint32_t, kLongest + 2> next{};
  for (const std::uint8_t length : lengths)
    next[length + 1] += length != 0;
  for (int length = 1; length <= kLongest; ++length)
    next[length + 1] = (next[length] + next[length + 1]) << 1;
  // next[length] is now the first codeword of this length.
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const int length = lengths[symbol];
    std::uint32_t word = length == 0 ? 0 : next[length]++;
    std::uint32_t reversed = 0;
    for (int bit = 0; bit < length; ++bit, word >>= 1)
      reversed = reversed << 1 | (word & 1);
    words[symbol] = static_cast<std::uint16_t>(reversed);
  }
}

}  // namespace bootstrap
