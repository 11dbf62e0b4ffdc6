// Debian's version order (deb-version(7), policy 5.6.12): [epoch:]upstream[-revision], compared part by part.
// A part is alternately text and number; '~' sorts before everything, even the end; letters before other
// characters; a missing number is 0, which is why "1.0" and "1.0-0" are equal.
#include "debian/version.h"

#include <algorithm>

namespace bootstrap {
namespace {

// Not <cctype>: versions are ASCII whatever the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct VersionParts {
  std::string_view epoch, upstream, revision;
};

VersionParts split(std::string_view version) {
  VersionParts parts;
  if (const auto colon = version.find(':'); colon != std::string_view::npos) {
    parts.epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  const auto hyphen = version.rfind('-');
  parts.upstream = version.substr(0, hyphen);
  if (hyphen != std::string_view::npos)
    parts.revision = version.substr(hyphen + 1);
  return parts;
}

/// The weight of the first character where text is expected; a digit and the end weigh the same.
int text_weight(std::string_view rest) {
  if (rest.empty() || is_digit(rest.front()))
    return 0;
  if (rest.front() == '~')
    return -1;
  const int byte = static_cast<unsigned char>(rest.front());
  return is_letter(rest.front()) ? byte : byte + 256;
}

int compare_text(std::string_view& a, std::string_view& b) {
  const auto in_text = [](std::string_view rest) { return !rest.empty() && !is_digit(rest.front()); };
  while (in_text(a) || in_text(b)) {
    if (const int difference = text_weight(a) - text_weight(b); difference != 0)
      return difference;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return 0;
}

std::string_view take_number(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of('0'), rest.size()));
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const std::string_view number = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(number.size());
  return number;
}

/// Numbers of any length: without leading zeros the longer one is the greater.
int compare_number(std::string_view& a, std::string_view& b) {
  const std::string_view left = take_number(a), right = take_number(b);
  if (left.size() != right.size())
    return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

int compare_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    if (const int difference = compare_text(a, b); difference != 0)
      return difference;
    if (const int difference = compare_number(a, b); difference != 0)
      return difference;
  }
  return 0;
}

bool consists_of(std::string_view text, std::string_view punctuation) {
  return std::all_of(text.begin(), text.end(), [punctuation](char c) {
    return is_digit(c) || is_letter(c) || punctuation.find(c) != std::string_view::npos;
  });
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  const VersionParts left = split(a), right = split(b);
  if (const int difference = compare_part(left.epoch, right.epoch); difference != 0)
    return difference;
  if (const int difference = compare_part(left.upstream, right.upstream); difference != 0)
    return difference;
  return compare_part(left.revision, right.revision);
}

bool is_valid_version(std::string_view version) {
  // dpkg keeps the epoch in an int; nine digits always fit.
  constexpr std::size_t kMaxEpochDigits = 9;
  const VersionParts parts = split(version);
  if (version.find(':') != std::string_view::npos &&
      (parts.epoch.empty() || parts.epoch.size() > kMaxEpochDigits ||
       !std::all_of(parts.epoch.begin(), parts.epoch.end(), is_digit)))
    return false;
  // Policy wants a digit first, but archives have held versions that start with a letter and dpkg takes them.
  if (parts.upstream.empty() || !(is_digit(parts.upstream.front()) || is_letter(parts.upstream.front())))
    return false;
  const bool has_revision = version.rfind('-') != std::string_view::npos;
  return consists_of(parts.upstream, ".+-~:") && consists_of(parts.revision, ".+~") &&
         !(has_revision && parts.revision.empty());
}

}  // namespace bootstrap
