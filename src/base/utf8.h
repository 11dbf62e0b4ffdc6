// What is UTF-8 (RFC 3629) and what is only bytes, as names of files may be.
#pragma once

#include <cstddef>
#include <string_view>

namespace bootstrap {

/// The length of the character at the start of `text`, which is not empty; 0 if there is none (also for
/// overlong forms, surrogates and what lies beyond U+10FFFF).
std::size_t utf8_sequence(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace bootstrap
