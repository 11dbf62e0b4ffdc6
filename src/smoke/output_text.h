// What a program of an image wrote, made fit to be shown: it may hold anything, and a terminal obeys it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bootstrap {

/// Valid UTF-8 without control characters but newline and tab; other bytes as \xNN.
std::string displayable(std::string_view text);

/// The last `count` lines.
std::string_view last_lines(std::string_view text, std::size_t count);

}  // namespace bootstrap
