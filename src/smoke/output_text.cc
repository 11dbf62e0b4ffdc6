#include "smoke/output_text.h"

#include <fmt/format.h>

namespace bootstrap {
namespace {

/// The length of the UTF-8 character at the start of `text` (RFC 3629), or 0 when there is none, or it is a
/// control character.
std::size_t character_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  unsigned first = byte(0);
  if (first < 0x80)
    return first == '\n' || first == '\t' || (first >= 0x20 && first != 0x7f) ? 1 : 0;
  std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  unsigned code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80)
      return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr unsigned kSmallest[] = {0, 0, 0xa0, 0x800, 0x10000};  // below 0xa0: overlong, or C1 controls
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  bool valid = first >= 0xc2 && first <= 0xf4 && code >= kSmallest[length] && code <= 0x10ffff && !surrogate;
  return valid ? length : 0;
}

}  // namespace

std::string displayable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    std::size_t length = character_length(text);
    if (length == 0)
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    shown += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return shown;
}

std::string_view last_lines(std::string_view text, std::size_t count) {
  std::size_t start = text.size();
  if (text.ends_with('\n'))
    --start;
  for (; count > 0 && start > 0; --count) {
    start = text.rfind('\n', start - 1);
    if (start == std::string_view::npos)
      return text;
  }
  return start == 0 ? text : text.substr(start + 1);
}

}  // namespace bootstrap
