#include "rootfs/difference_kind.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <vector>

#include "rootfs/other_surroundings.h"
#include "rootfs/tree.h"

namespace bootstrap {

namespace {

// What a random number generator fills is seldom longer.
constexpr std::size_t kLongestSecret = 8192;

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

bool has_secret_marks(std::string_view text) {
  return contains_any(text, {"PRIVATE KEY", "openssh-key-v1", ":$1$", ":$5$", ":$6$", ":$y$", "$2a$", "$2b$",
                             "$2y$", "{SSHA}", "{CRYPT}", "$argon2"});
}

bool is_named_like_a_secret(const std::string& path) {
  std::string name = name_of_path(path);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return contains_any(
      name, {"secret", "cookie", "passw", "token", "seed", "private", ".key", "_key", "credential"});
}

bool is_named_like_an_identity(const std::string& path) {
  const std::string name = name_of_path(path);
  return contains_any(name,
                      {"machine-id", "hostid", "uuid", "initiatorname", "hostnqn", "mailname", "hostname"});
}

enum class Ids { kUuids, kAllLong };

/// With every UUID as one mark, or also every other hexadecimal number as long as one.
std::string without_ids(std::string_view text, Ids ids) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    std::size_t digits = 0;
    std::size_t dashes = 0;
    for (; end < text.size() && (is_hex(text[end]) || (text[end] == '-' && digits >= 8)); ++end)
      ++(text[end] == '-' ? dashes : digits);
    if (digits >= 32 && (ids == Ids::kAllLong || (digits == 32 && dashes == 4))) {
      result += '\1';
      i = end;
    } else {
      end = std::max(end, i + 1);
      result += text.substr(i, end - i);
      i = end;
    }
  }
  return result;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  for (std::size_t at = result.find(what); at != std::string::npos; at = result.find(what, at + by.size()))
    result.replace(at, what.size(), by);
  return result;
}

bool same_in_another_order(std::string_view first, std::string_view second) {
  const auto sorted = [](std::string_view text, std::string_view separators) {
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(separators), text.size());
      if (end > 0)
        pieces.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::sort(pieces.begin(), pieces.end());
    return pieces;
  };
  using namespace std::string_view_literals;
  return first.size() == second.size() && (sorted(first, "\n\0"sv) == sorted(second, "\n\0"sv) ||
                                           sorted(first, " ,:;\t\n\0"sv) == sorted(second, " ,:;\t\n\0"sv));
}

/// A text whose numbers and names of months and days are marks, and these numbers and names.
struct Numbered {
  std::string text;
  std::vector<std::string_view> numbers;
};

std::size_t length_of_date_name(std::string_view text) {
  constexpr std::string_view kNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
                                         "Nov", "Dec", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  for (const std::string_view name : kNames)
    if (text.starts_with(name))
      return name.size();
  return 0;
}

Numbered numbered(std::string_view text) {
  Numbered result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end]))
      ++end;
    end += end == i ? length_of_date_name(text.substr(i)) : 0;
    if (end > i) {
      result.text += '\1';
      result.numbers.push_back(text.substr(i, end - i));
      i = end;
    } else {
      result.text += text[i++];
    }
  }
  return result;
}

/// Whether a number in `text`, where it stands, may tell a date or a time of day.
bool tells_time(std::string_view text, std::string_view number) {
  if (!is_digit(number.front()))
    return true;
  if (number.size() >= 8)  // 20240131..., or seconds since 1970 and fractions of them
    return (number.front() == '1' || number.front() == '2') && number.size() <= 19;
  const auto begin = static_cast<std::size_t>(number.data() - text.data());
  const std::size_t end = begin + number.size();
  const auto joins = [&](std::size_t at, std::size_t beyond) {
    return at < text.size() && beyond < text.size() && std::strchr(":-/.", text[at]) != nullptr &&
           is_digit(text[beyond]);
  };
  return number.size() <= 4 &&
         (joins(end, end + 1) || (begin >= 2 && joins(begin - 1, begin - 2)) || number.starts_with("20"));
}

/// kTime or kNumber when nothing but numbers differs, else kContent.
DifferenceKind kind_of_numbers(std::string_view first, std::string_view second) {
  const Numbered one = numbered(first);
  const Numbered other = numbered(second);
  if (one.text != other.text || one.numbers.size() != other.numbers.size())
    return DifferenceKind::kContent;
  for (std::size_t i = 0; i < one.numbers.size(); ++i)
    if (one.numbers[i] != other.numbers[i] && tells_time(first, one.numbers[i]) &&
        tells_time(second, other.numbers[i]))
      return DifferenceKind::kTime;
  return DifferenceKind::kNumber;
}

/// Whether four bytes are seconds since 1970, of a year between 2004 and 2038, in either byte order.
bool is_time_stamp(std::string_view bytes) {
  const auto top = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return (top(0) >= 0x40 && top(0) < 0x80) || (top(3) >= 0x40 && top(3) < 0x80);
}

/// Whether all that differs in two binary files is such numbers.
bool differ_in_time_stamps(std::string_view first, std::string_view second) {
  if (first.size() != second.size())
    return false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] == second[i])
      continue;
    std::size_t start = i < 3 ? 0 : i - 3;
    for (; start <= i; ++start)
      if (start + 4 <= first.size() && is_time_stamp(first.substr(start, 4)) &&
          is_time_stamp(second.substr(start, 4)))
        break;
    if (start > i)
      return false;
    i = start + 3;
  }
  return true;
}

bool is_text(std::string_view content) {
  return std::all_of(content.begin(), content.end(),
                     [](unsigned char c) { return c >= ' ' || std::isspace(c); });
}

bool is_hidden_from_others(std::uint32_t mode) {
  return (mode & 0004) == 0;
}

}  // namespace

std::string_view name_of(DifferenceKind kind) {
  constexpr std::string_view kNames[] = {"secret", "identity", "time", "order", "number", "content"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool differ_in_hostname(std::string_view first, std::string_view second) {
  return replaced(second, kOtherHostname, "localhost") == first;
}

DifferenceKind kind_of(const std::string& path, const FileVersion& first, const FileVersion& second) {
  using enum DifferenceKind;
  if (has_secret_marks(first.content) || has_secret_marks(second.content))
    return kSecret;
  if (is_named_like_an_identity(path) ||
      contains_any(first.content, {"BEGIN CERTIFICATE", "BEGIN PUBLIC KEY", "iqn.", "nqn."}) ||
      differ_in_hostname(first.content, second.content))
    return kIdentity;
  if (same_in_another_order(first.content, second.content))
    return kOrder;
  const bool may_be_secret = is_named_like_a_secret(path) || is_hidden_from_others(first.mode);
  if (is_text(first.content) && is_text(second.content)) {
    const std::string one = without_ids(first.content, Ids::kUuids);
    const std::string other = without_ids(second.content, Ids::kUuids);
    if (one != first.content && kind_of_numbers(one, other) != kContent)
      return kIdentity;
    const DifferenceKind numbers = kind_of_numbers(first.content, second.content);
    if (numbers != kContent)
      return numbers == kNumber && is_named_like_a_secret(path) ? kSecret : numbers;
    if (!may_be_secret &&
        without_ids(first.content, Ids::kAllLong) == without_ids(second.content, Ids::kAllLong))
      return kIdentity;
  } else if (differ_in_time_stamps(first.content, second.content)) {
    return kTime;
  }
  const bool is_public = contains_any(first.content, {"BEGIN DH PARAMETERS"});
  return may_be_secret && !is_public && first.content.size() <= kLongestSecret ? kSecret : kContent;
}

DifferenceKind kind_of(const std::string& path, const FileVersion& only) {
  using enum DifferenceKind;
  if (has_secret_marks(only.content))
    return kSecret;
  const std::string name = name_of_path(path);
  if (contains_any(path, {"localhost", kOtherHostname}) || without_ids(name, Ids::kAllLong) != name)
    return kIdentity;
  if (!name.empty() && kind_of_numbers(name, name) == kNumber) {
    const Numbered parts = numbered(name);
    if (std::any_of(parts.numbers.begin(), parts.numbers.end(),
                    [&](std::string_view number) { return tells_time(name, number) && number.size() >= 8; }))
      return kTime;
  }
  return is_named_like_a_secret(path) ? kSecret : kContent;
}

}  // namespace bootstrap
