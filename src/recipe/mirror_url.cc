#include "recipe/mirror_url.h"

#include <algorithm>

namespace bootstrap {

std::optional<std::string> mirror_url(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
  if (!printable || text.find_first_of("?#") != std::string_view::npos)
    return std::nullopt;

  const std::size_t colon = text.find(':');
  std::string scheme(text.substr(0, colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (colon == std::string_view::npos)
    return std::nullopt;
  std::string_view rest = text.substr(colon + 1);
  while (rest.ends_with('/') && rest != "/" && rest != "//" && rest != "///")
    rest.remove_suffix(1);

  if (scheme == "http" || scheme == "https") {
    const bool has_host = rest.starts_with("//") && rest.size() > 2 && rest[2] != '/' && rest[2] != ':';
    return has_host ? std::optional(scheme + ":" + std::string(rest)) : std::nullopt;
  }
  if (scheme == "file") {
    if (rest.starts_with("//"))
      rest.remove_prefix(2);
    return rest.starts_with('/') && rest != "/" ? std::optional("file://" + std::string(rest)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace bootstrap
