#include "smoke/probe_url.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.h"

namespace bootstrap {
namespace {

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

ProbeUrl parse_probe_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = std::string_view(url).substr(0, url.find('#'));
  // Anything else would let a URL write headers of its own into the request.
  bool valid = rest.starts_with(kScheme) && is_plain(rest);
  rest.remove_prefix(std::min(rest.size(), kScheme.size()));
  std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  std::string_view path = rest.substr(end);

  ProbeUrl parsed;
  std::size_t colon = authority.rfind(':');
  std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    std::string_view digits = authority.substr(colon + 1);
    auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
    valid = valid && error == std::errc() && stop == digits.data() + digits.size() && parsed.port != 0;
  }
  if (!valid || host.empty())
    throw Error(ErrorKind::kUsage, "\"" + url + "\" cannot be probed", "write http://127.0.0.1:PORT/PATH");
  parsed.host = parsed.port == 80 ? std::string(host) : std::string(host) + ":" + std::to_string(parsed.port);
  parsed.path = (path.starts_with('/') ? "" : "/") + std::string(path);
  return parsed;
}

}  // namespace bootstrap
