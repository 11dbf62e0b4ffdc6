// The frame of a clear-signed document (RFC 9580 section 7, "cleartext signature framework").
//
// OpenPGP tools look for a signed block anywhere in what they are given and read past everything else, and
// each of them has its own idea of what a line is. What a parser then sees and what was signed may differ:
// text before or after the block, a second block, a line cut at an inner limit, trailing bytes. So before a
// document is given to GnuPG its frame is held to the one form that archives publish; anything else is
// refused.
#pragma once

#include <cstddef>
#include <string_view>

namespace bootstrap {

/// GnuPG cuts lines of clear-signed text near 20,000 bytes. No archive comes near this.
inline constexpr std::size_t kMaxSignedLine = 16384;

/// Throws kUntrusted, naming `what`, the line and the reason, unless the document is exactly one clear-signed
/// block of LF-terminated lines with a known Hash header, and nothing else. Says nothing about the signature
/// itself.
void require_clearsigned_frame(std::string_view document, std::string_view what);

}  // namespace bootstrap
