// A compressed package index. The first byte chooses the compression.
#include "fuzz/fuzz.h"
#include "repo/decompress.h"

using namespace bootstrap;

FUZZ(input) {
  if (input.empty())
    return;
  constexpr std::uint64_t kLimit = 4 << 20;
  const auto compression = input.front() == 'x' ? IndexCompression::kXz : IndexCompression::kGzip;
  require(decompress(input.substr(1), compression, kLimit).size() <= kLimit);
}
