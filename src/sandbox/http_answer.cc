#include "sandbox/http_answer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

namespace bootstrap {

namespace {

/// Takes a line off the front, without its end (CR LF, or LF alone as RFC 9112 lets a recipient accept).
std::optional<std::string_view> take_line(std::string_view& data) {
  std::size_t end = data.find('\n');
  if (end == std::string_view::npos)
    return std::nullopt;
  std::string_view line = data.substr(0, end);
  data.remove_prefix(end + 1);
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// "HTTP/1.1 200 OK" -> 200
std::optional<int> parse_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ')
    return std::nullopt;
  if (line.size() > 12 && line[12] != ' ')
    return std::nullopt;
  std::optional<int> status = parse_number<int>(line.substr(9, 3));
  return status && *status >= 100 ? status : std::nullopt;
}

std::optional<std::uint64_t> parse_content_length(std::string_view field) {
  constexpr std::string_view kName = "content-length:";
  if (field.size() < kName.size() ||
      !std::equal(kName.begin(), kName.end(), field.begin(), [](char expected, char c) {
        return expected == static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }))
    return std::nullopt;
  field.remove_prefix(kName.size());
  const std::size_t first = field.find_first_not_of(" \t");
  const std::size_t last = field.find_last_not_of(" \t");
  if (first == std::string_view::npos)
    return std::nullopt;
  return parse_number<std::uint64_t>(field.substr(first, last - first + 1));
}

}  // namespace

std::optional<HttpAnswer> parse_http_answer(std::string_view data) {
  std::optional<std::string_view> line = take_line(data);
  std::optional<int> status = line ? parse_status_line(*line) : std::nullopt;
  if (!status)
    return std::nullopt;
  HttpAnswer answer;
  answer.status = *status;
  const std::string_view header = data;
  while ((line = take_line(data))) {
    if (line->empty()) {
      answer.header = header.substr(0, header.size() - data.size());
      answer.body = data;
      return answer;
    }
    if (auto length = parse_content_length(*line))
      answer.content_length = length;
  }
  return std::nullopt;
}

}  // namespace bootstrap
