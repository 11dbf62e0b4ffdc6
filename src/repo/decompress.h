// Package indexes as archives compress them. What comes out is bounded, so a small download cannot fill the
// memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bootstrap {

enum class IndexCompression { kXz, kGzip, kNone };

/// The text in `data`. Several streams or members after one another are one text, as xz and gzip see it.
/// Throws kFailure for damaged or truncated data, anything that follows it, and a text of more than `limit`
/// bytes.
std::string decompress(std::string_view data, IndexCompression compression, std::uint64_t limit);

}  // namespace bootstrap
