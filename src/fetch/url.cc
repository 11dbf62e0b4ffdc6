#include "fetch/url.h"

#include <algorithm>

namespace bootstrap {

namespace {

bool is_scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
         c == '.';
}

}  // namespace

std::string scheme_of(std::string_view url) {
  std::string_view scheme = url.substr(0, url.find(':'));
  if (scheme.size() == url.size() || !std::all_of(scheme.begin(), scheme.end(), is_scheme_character))
    return {};
  std::string lower(scheme);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_fetchable(std::string_view url) {
  const std::string scheme = scheme_of(url);
  return scheme == "http" || scheme == "https" || scheme == "file";
}

bool is_redirect_allowed(std::string_view from, std::string_view to) {
  const std::string old_scheme = scheme_of(from);
  const std::string new_scheme = scheme_of(to);
  return new_scheme == "https" || (new_scheme == "http" && old_scheme == "http");
}

std::string shown_url(std::string_view url) {
  std::string shown(url.substr(0, url.find_first_of("?#")));
  if (std::size_t authority = shown.find("//"); authority != std::string::npos) {
    authority += 2;
    const std::size_t end = std::min(shown.find('/', authority), shown.size());
    const std::size_t at = shown.rfind('@', end);
    if (at != std::string::npos && at >= authority)
      shown.erase(authority, at + 1 - authority);
  }
  return shown_text(shown);
}

std::string shown_text(std::string_view text) {
  constexpr std::size_t kLongest = 500;
  std::string shown(text.substr(0, kLongest));
  for (char& c : shown) {
    if (c < ' ' || c > '~')
      c = '?';
  }
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace bootstrap
