// Decompressors for the members of a package, with a limit on the memory they take. (libarchive has filters
// for all of them but lets a file choose how much memory they use: an .xz may ask for 4 GiB.)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace bootstrap {

/// Gives data piece by piece; an empty view is the end. A view is valid until the next call.
using ByteSource = std::function<std::string_view()>;

enum class MemberEncoding { kNone, kGzip, kXz, kLzma, kZstd, kBzip2 };

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// The next piece; empty at the end. Throws kFailure for damaged or truncated data, for anything behind its
  /// end, and when it would need more memory than the limit.
  virtual std::string_view next() = 0;
};

/// `memory_limit` in bytes.
std::unique_ptr<Decoder> make_decoder(MemberEncoding encoding, ByteSource source, std::uint64_t memory_limit);

}  // namespace bootstrap
