// Prefix codes as deflate has them: a code is told by the lengths of its codewords alone (RFC 1951, 3.2.2).
#pragma once

#include <cstdint>
#include <span>

namespace bootstrap {

/// The lengths, in bits, of an optimal code for symbols that occur so often, none longer than `longest`;
/// where that binds, lengths are moved as little as makes them a code again. What does not occur has length
/// 0. One symbol alone gets length 1. `longest` is at most 15, and 2 to its power at least the number of
/// symbols.
void code_lengths(std::span<const std::uint32_t> frequencies, int longest, std::span<std::uint8_t> lengths);

/// The codewords of these lengths, in the order in which deflate's bits are written: first bit lowest.
void codewords(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> words);

}  // namespace bootstrap
