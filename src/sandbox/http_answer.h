// As much of HTTP/1 as a smoke test needs to understand an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bootstrap {

/// Bodies and headers of hostile services are bounded.
inline constexpr std::size_t kMaximalBody = 1 << 20;
inline constexpr std::size_t kMaximalHeader = 64 << 10;

struct HttpAnswer {
  int status = 0;
  std::string_view header;                      ///< the lines after the status line
  std::string_view body;                        ///< as far as it has come
  std::optional<std::uint64_t> content_length;  ///< none: the body ends with the connection
};

/// Understands the beginning of an answer; nullopt when it is not (yet) a status line and whole header.
std::optional<HttpAnswer> parse_http_answer(std::string_view data);

}  // namespace bootstrap
