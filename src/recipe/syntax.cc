#include "recipe/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace bootstrap {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}
bool is_digit(char c) {
  return contains(kDigits, c);
}
bool is_lower_or_digit(char c) {
  return is_digit(c) || contains(kLower, c);
}
bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || contains(kUpper, c);
}

// Whether the first character is one that `first` accepts, and each further one of those or of `also`.
template <typename Predicate>
bool is_word(std::string_view text, Predicate first, std::string_view also) {
  return !text.empty() && first(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return first(c) || contains(also, c); });
}

// A decimal number without sign or leading zeros that fits.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !is_digit(text[0]))
    return std::nullopt;
  return value;
}

std::optional<std::uint16_t> parse_port_number(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

std::string_view until(std::string_view text, char separator) {
  return text.substr(0, text.find(separator));
}

bool has_double(std::string_view text, std::string_view characters) {
  return std::adjacent_find(text.begin(), text.end(), [&](char a, char b) {
           return contains(characters, a) && contains(characters, b);
         }) != text.end();
}

}  // namespace

bool is_recipe_name(std::string_view text) {
  return text.size() <= 128 && is_word(text, is_lower_or_digit, "._-") && !has_double(text, "._-") &&
         is_lower_or_digit(text.back());
}

bool is_recipe_version(std::string_view text) {
  for (int part = 0; part < 3; ++part) {
    const std::string_view number = until(text, '.');
    if (!parse_number<std::uint32_t>(number))
      return false;
    if (number.size() == text.size())
      return true;
    text.remove_prefix(number.size() + 1);
  }
  return false;
}

bool is_archive_name(std::string_view text) {
  return is_word(text, is_lower_or_digit, "-") && !has_double(text, "-") && text.back() != '-';
}

bool is_suite_or_component(std::string_view text) {
  return is_word(text, is_alphanumeric, "+._/-") && !has_double(text, "./") && !contains("./", text.back());
}

bool is_package_name(std::string_view text) {
  return text.size() >= 2 && is_word(text, is_lower_or_digit, "+-.");
}

bool is_package_glob(std::string_view text) {
  return is_word(text, [](char c) { return is_lower_or_digit(c) || contains("*?", c); }, "+-.");
}

bool is_version_glob(std::string_view text) {
  return is_word(text, [](char c) { return is_alphanumeric(c) || contains("*?", c); }, "+-.~:");
}

bool is_user_name(std::string_view text) {
  return text.size() <= 32 &&
         is_word(text, [](char c) { return is_lower_or_digit(c) || c == '_'; }, "-") && !is_digit(text[0]);
}

bool is_user_and_group(std::string_view text) {
  const auto is_one = [](std::string_view word) {
    return is_user_name(word) || parse_number<std::uint16_t>(word);  // a box has no more ids
  };
  const std::string_view user = until(text, ':');
  return is_one(user) && (user.size() == text.size() || is_one(text.substr(user.size() + 1)));
}

bool is_environment_name(std::string_view text) {
  return is_word(text, [](char c) { return is_alphanumeric(c) || c == '_'; }, "") && !is_digit(text[0]);
}

bool is_signal_name(std::string_view text) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"HUP",  "INT",  "QUIT", "ILL",  "TRAP", "ABRT", "BUS",    "FPE",    "KILL",  "USR1",  "SEGV",
       "USR2", "PIPE", "ALRM", "TERM", "CHLD", "CONT", "STOP",   "TSTP",   "TTIN",  "TTOU",  "URG",
       "XCPU", "XFSZ", "PROF", "IO",   "PWR",  "SYS",  "VTALRM", "STKFLT", "WINCH", "RTMIN", "RTMAX"});
  if (!text.starts_with("SIG"))
    return false;
  text.remove_prefix(3);
  if (text.starts_with("RTMIN+")) {
    const auto offset = parse_number<unsigned>(text.substr(6));
    return offset && *offset >= 1 && *offset <= 30;
  }
  return std::find(kNames.begin(), kNames.end(), text) != kNames.end();
}

bool is_absolute_path(std::string_view text) {
  if (!text.starts_with('/') || text.find("//") != std::string_view::npos ||
      text.find('\n') != std::string_view::npos)
    return false;
  for (std::string_view rest = text; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view name = until(rest, '/');
    if (name == "." || name == "..")
      return false;
    rest.remove_prefix(name.size());
  }
  return true;
}

bool is_debconf_selection(std::string_view text) {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"select", "multiselect", "string", "boolean", "note", "text", "password", "error", "title", "seen"});
  if (text.find('\n') != std::string_view::npos || text.starts_with('#'))
    return false;
  std::array<std::string_view, 3> words;
  for (std::string_view& word : words) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
  }
  return std::find(kTypes.begin(), kTypes.end(), words[2]) != kTypes.end();
}

bool is_loopback_url(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  for (const std::string_view start : {"http://127.0.0.1:", "http://localhost:"})
    if (text.starts_with(start)) {
      const std::string_view rest = text.substr(start.size());
      return printable && parse_port_number(until(rest, '/')) && rest.find('#') == std::string_view::npos;
    }
  return false;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::chrono::milliseconds length;
  };
  using namespace std::chrono_literals;
  static constexpr auto kUnits = std::to_array<Unit>({{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}});
  const std::string_view number = text.substr(0, text.find_first_not_of(kDigits));
  const std::string_view unit = text.substr(number.size());
  const auto value = parse_number<std::uint32_t>(number);
  const auto found =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
  if (!value || *value == 0 || found == kUnits.end() || *value > 24h / found->length)
    return std::nullopt;
  return *value * found->length;
}

std::optional<std::chrono::hours> parse_age(std::string_view text) {
  constexpr std::string_view kUnits = "hdw";
  constexpr std::array<unsigned, 3> kHours{1, 24, 7 * 24};
  if (text.empty() || !contains(kUnits, text.back()))
    return std::nullopt;
  const auto count = parse_number<std::uint32_t>(text.substr(0, text.size() - 1));
  if (!count || *count > 10'000)
    return std::nullopt;
  return std::chrono::hours(*count * kHours[kUnits.find(text.back())]);
}

std::optional<std::chrono::sys_seconds> parse_snapshot(std::string_view text) {
  constexpr std::string_view kShape = "00000000T000000Z";
  const auto fits = [](char c, char shape) { return shape == '0' ? contains(kDigits, c) : c == shape; };
  if (!std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(), fits))
    return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    std::uint32_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  using namespace std::chrono;
  const year_month_day day(year(static_cast<int>(number(0, 4))), month(number(4, 2)),
                           std::chrono::day(number(6, 2)));
  const std::uint32_t hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return sys_days(day) + hours(hour) + minutes(minute) + seconds(second);
}

std::string snapshot_name(std::chrono::sys_seconds time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  if (text.empty() || !contains(kUnits, text.back()))
    return std::nullopt;
  const auto shift = 10 * (kUnits.find(text.back()) + 1);
  const auto value = parse_number<std::uint64_t>(text.substr(0, text.size() - 1));
  // The kernel counts in signed 64-bit numbers.
  if (!value || *value == 0 || *value > static_cast<std::uint64_t>(INT64_MAX) >> shift)
    return std::nullopt;
  return *value << shift;
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  if (text.size() < 3 || text.size() > 4 || text.find_first_not_of("01234567") != std::string_view::npos)
    return std::nullopt;
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return value;
}

std::optional<std::string> parse_port(std::string_view text) {
  const std::string_view number = until(text, '/');
  const std::string_view protocol = number.size() == text.size() ? "tcp" : text.substr(number.size() + 1);
  if (!parse_port_number(number) || (protocol != "tcp" && protocol != "udp" && protocol != "sctp"))
    return std::nullopt;
  return std::string(number) + "/" + std::string(protocol);
}

}  // namespace bootstrap
