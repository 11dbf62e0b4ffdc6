#include "recipe/yaml_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"

namespace bootstrap {
namespace {

// A recipe is a page of text. The limit keeps the parser's quadratic corners out of reach.
constexpr std::size_t kMaxBytes = 256 * 1024;
// How much of a long line an error shows.
constexpr std::size_t kShownWidth = 100;

std::string with_unix_line_ends(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark))
    text.remove_prefix(kByteOrderMark.size());
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
      continue;
    result.push_back(text[i]);
  }
  return result;
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Characters that a terminal acts upon or that parsers take for line ends: C0 but for tab and newline, DEL,
// C1, the two Unicode line separators, and what reverses the direction of writing.
bool is_deceptive(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1)
    return (byte(0) < 0x20 && sequence[0] != '\t' && sequence[0] != '\n') || byte(0) == 0x7F;
  if (sequence.size() == 2)
    return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (sequence.size() == 3 && byte(0) == 0xE2) {
    const unsigned low = byte(1) << 8 | byte(2);
    return (low >= 0x80A8 && low <= 0x80AE) || (low >= 0x81A6 && low <= 0x81A9);
  }
  return sequence == "\xEF\xBB\xBF";
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// The part of a line around `column`, and the caret's place below it.
std::string shown_with_caret(std::string_view line, std::size_t column) {
  std::size_t start = column > kShownWidth ? column - kShownWidth / 2 : 0;
  while (start > 0 && is_continuation(line[start]))
    --start;
  std::size_t end = std::min(line.size(), start + kShownWidth);
  while (end < line.size() && is_continuation(line[end]))
    ++end;
  std::string shown(line.substr(start, end - start));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  // Bytes that are not text are shown as such, so that nobody's terminal has to cope with them.
  std::string printable;
  for (std::size_t i = 0; i < shown.size();) {
    const std::string_view rest = std::string_view(shown).substr(i);
    const std::size_t length = utf8_sequence(rest);
    printable += length == 0 || is_deceptive(rest.substr(0, length)) ? "?" : rest.substr(0, length);
    i += std::max<std::size_t>(length, 1);
  }
  return fmt::format("{}\n{}^", printable,
                     std::string(characters_in(line.substr(start, column - start)), ' '));
}

}  // namespace

YamlSource::YamlSource(std::string_view text, std::string name)
    : text_(with_unix_line_ends(text)), name_(std::move(name)) {
  if (text_.size() > kMaxBytes)
    throw Error(ErrorKind::kUsage, fmt::format("{}: larger than {} KiB", name_, kMaxBytes / 1024));
  refuse_deceptive_text();
}

void YamlSource::refuse_deceptive_text() const {
  TextPosition position;
  bool indentation = true;
  for (std::size_t i = 0; i < text_.size();) {
    const std::string_view rest = std::string_view(text_).substr(i);
    const std::size_t length = utf8_sequence(rest);
    if (length == 0)
      fail(position, fmt::format("byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(rest[0])));
    if (is_deceptive(rest.substr(0, length)))
      fail(position, "a control character that cannot be seen",
           "write it as an escape in double quotes, or remove it");
    if (rest[0] == '\t' && indentation)
      fail(position, "a tab in the indentation", "indent with spaces");
    indentation = rest[0] == '\n' || (indentation && rest[0] == ' ');
    if (rest[0] == '\n')
      position = {position.line + 1, 0};
    else
      position.column += length;
    i += length;
  }
}

std::string_view YamlSource::line(std::size_t number) const {
  std::size_t start = 0;
  for (; number > 0; --number) {
    const std::size_t end = text_.find('\n', start);
    if (end == std::string::npos)
      return {};
    start = end + 1;
  }
  return std::string_view(text_).substr(start, text_.find('\n', start) - start);
}

void YamlSource::fail(TextPosition position, std::string_view what, std::string hint) const {
  const std::string_view text = line(position.line);
  const std::size_t column = std::min(position.column, text.size());
  throw Error(ErrorKind::kUsage,
              fmt::format("{}:{}:{}: {}\n{}", name_, position.line + 1,
                          characters_in(text.substr(0, column)) + 1, what, shown_with_caret(text, column)),
              std::move(hint));
}

}  // namespace bootstrap
