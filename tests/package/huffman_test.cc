#include "package/huffman.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <random>
#include <vector>

#include "support/catch.h"

using namespace bootstrap;

namespace {

using Frequencies = std::vector<std::uint32_t>;

std::vector<std::uint8_t> lengths_of(const Frequencies& frequencies, int longest) {
  std::vector<std::uint8_t> lengths(frequencies.size(), 99);
  code_lengths(frequencies, longest, lengths);
  return lengths;
}

std::uint64_t bits_with(const Frequencies& frequencies, const std::vector<std::uint8_t>& lengths) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    bits += std::uint64_t{frequencies[i]} * lengths[i];
  return bits;
}

/// What an optimal code within the limit takes, by package-merge (Larmore and Hirschberg, 1990): the sum of
/// the first 2n - 2 of the packages and symbols that are left after as many steps as a codeword may have
/// bits.
std::uint64_t fewest_bits(const Frequencies& frequencies, int longest) {
  std::vector<std::uint64_t> symbols;
  std::copy_if(frequencies.begin(), frequencies.end(), std::back_inserter(symbols),
               [](std::uint32_t frequency) { return frequency != 0; });
  std::sort(symbols.begin(), symbols.end());
  std::vector<std::uint64_t> items = symbols;
  for (int step = 1; step < longest; ++step) {
    std::vector<std::uint64_t> next = symbols;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      next.push_back(items[i] + items[i + 1]);
    std::sort(next.begin(), next.end());
    items = std::move(next);
  }
  return std::accumulate(items.begin(), items.begin() + 2 * static_cast<std::ptrdiff_t>(symbols.size()) - 2,
                         std::uint64_t{0});
}

/// Of symbols two or more of which occur: that the lengths are those of a complete code within the limit, and
/// that what is more frequent is not longer.
void check_lengths(const Frequencies& frequencies, const std::vector<std::uint8_t>& lengths, int longest) {
  std::uint64_t kraft = 0;
  int wrong = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    wrong += (lengths[i] == 0) != (frequencies[i] == 0) || lengths[i] > longest;
    if (lengths[i] != 0)
      kraft += std::uint64_t{1} << (longest - lengths[i]);
    for (std::size_t j = 0; j < i; ++j) {
      if (frequencies[i] != 0 && frequencies[j] != 0 && frequencies[i] != frequencies[j])
        wrong += (frequencies[i] > frequencies[j]) ? lengths[i] > lengths[j] : lengths[i] < lengths[j];
    }
  }
  CHECK(wrong == 0);
  CHECK(kraft == std::uint64_t{1} << longest);
}

Frequencies fibonacci(std::size_t count) {
  Frequencies frequencies{1, 1};
  while (frequencies.size() < count)
    frequencies.push_back(frequencies.end()[-1] + frequencies.end()[-2]);
  return frequencies;
}

}  // namespace

TEST_CASE("a code without or with one symbol is what inflaters accept") {
  CHECK(lengths_of({0, 0, 0}, 7) == std::vector<std::uint8_t>{0, 0, 0});
  CHECK(lengths_of({0, 5, 0}, 7) == std::vector<std::uint8_t>{0, 1, 0});
  CHECK(lengths_of({3, 0, 9}, 7) == std::vector<std::uint8_t>{1, 0, 1});
}

TEST_CASE("a code is optimal where the limit does not bind") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    INFO(round);
    Frequencies frequencies(2 + random() % 287);
    for (std::uint32_t& frequency : frequencies)
      frequency = random() % 4 == 0 ? 0 : 1 + random() % 100;
    frequencies.front() = frequencies.back() = 1;
    const auto lengths = lengths_of(frequencies, 15);
    check_lengths(frequencies, lengths, 15);
    CHECK(bits_with(frequencies, lengths) == fewest_bits(frequencies, 15));
  }
}

TEST_CASE("a code stays within its limit and takes few bits more") {
  for (const int longest : {7, 14, 15}) {
    const std::size_t most = longest == 7 ? 19 : 30;
    const std::uint64_t part = longest == 7 ? 8 : 200;  // of the optimum, that the quick way may cost
    for (std::size_t count = 2; count <= most; ++count) {
      INFO(longest << " bits, " << count << " symbols");
      const Frequencies frequencies = fibonacci(count);
      const auto lengths = lengths_of(frequencies, longest);
      check_lengths(frequencies, lengths, longest);
      const std::uint64_t fewest = fewest_bits(frequencies, longest);
      CHECK(bits_with(frequencies, lengths) >= fewest);
      CHECK(bits_with(frequencies, lengths) <= fewest + fewest / part);
    }
  }
  // As many symbols as the limit has room for, however uneven they are.
  std::mt19937 random(6);
  for (const int longest : {2, 5, 8}) {
    Frequencies frequencies(std::size_t{1} << longest);
    for (std::uint32_t& frequency : frequencies)
      frequency = 1U << random() % 20;
    CHECK(lengths_of(frequencies, longest) ==
          std::vector<std::uint8_t>(frequencies.size(), static_cast<std::uint8_t>(longest)));
  }
}

TEST_CASE("codewords are those of the specification, first bit lowest") {
  // The example of RFC 1951, 3.2.2: 010 011 100 101 110 00 1110 1111.
  const std::vector<std::uint8_t> lengths{3, 3, 3, 3, 3, 2, 4, 4};
  std::vector<std::uint16_t> words(lengths.size());
  codewords(lengths, words);
  CHECK(words == std::vector<std::uint16_t>{0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111});
}
