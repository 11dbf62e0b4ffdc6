#include "repo/release.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.h"

namespace bootstrap {

namespace {

constexpr std::size_t kMaxFiles = 100'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return result;
}

/// Names of fields are the same in any case.
std::string lower(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// "updates/main" -> "main": security archives name their components so, but not the paths of their indexes.
std::vector<std::string> last_parts(const std::vector<std::string_view>& names) {
  std::vector<std::string> result;
  for (std::string_view name : names)
    result.emplace_back(name.substr(name.rfind('/') + 1));
  return result;
}

/// HH:MM:SS
std::optional<std::chrono::seconds> parse_time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':')
    return std::nullopt;
  auto hours = number<unsigned>(text.substr(0, 2));
  auto minutes = number<unsigned>(text.substr(3, 2));
  auto seconds = number<unsigned>(text.substr(6, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60)
    return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

/// "Fri, 20 Nov 2026 00:12:41 UTC". By hand, because strptime() follows the locale. The format allows UTC
/// only.
std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<std::string_view, 4> kUtc{"UTC", "GMT", "Z", "+0000"};
  auto parts = words(text);
  if (!parts.empty() && parts.front().ends_with(','))
    parts.erase(parts.begin());
  if (parts.size() != 5 || std::find(kUtc.begin(), kUtc.end(), parts[4]) == kUtc.end())
    return std::nullopt;
  auto day = number<unsigned>(parts[0]);
  auto month = std::find(kMonths.begin(), kMonths.end(), parts[1]) - kMonths.begin();
  auto year = parts[2].size() == 4 ? number<unsigned>(parts[2]) : std::nullopt;
  auto time_of_day = parse_time_of_day(parts[3]);
  if (!day || !year || !time_of_day)
    return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                   std::chrono::month(static_cast<unsigned>(month) + 1),
                                   std::chrono::day(*day)};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days(date) + *time_of_day;
}

/// Stays below the directory of the release.
bool stays_below(std::string_view path) {
  bool printable = std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; });
  std::string framed = "/" + std::string(path) + "/";
  return printable && framed.find("//") == std::string::npos && framed.find("/../") == std::string::npos;
}

/// Goes through the lines of a release: "Field: value", and for lists of files a line each, indented.
class ReleaseParser {
 public:
  ReleaseFile parse(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      std::size_t end = std::min(text.find('\n'), text.size());
      take_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!fields_.contains("date"))
      throw Error(ErrorKind::kFailure, "not a release file: it has no Date");
    for (std::string& path : other_files_) {
      if (!release_.files.contains(path))
        release_.unusable.insert(std::move(path));
    }
    bool lists_all = std::find(release_.architectures.begin(), release_.architectures.end(), "all") !=
                     release_.architectures.end();
    release_.separate_all = lists_all && !all_in_each_index_;
    return std::move(release_);
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw Error(ErrorKind::kFailure, fmt::format("line {}: {}", line_, problem));
  }

  void take_line(std::string_view line) {
    if (line.find('\0') != std::string_view::npos)
      refuse("a NUL byte");
    if (trimmed(line).empty())
      return end_paragraph();
    if (paragraph_ended_)
      refuse("text after the end of the release");
    if (line.front() == ' ' || line.front() == '\t')
      return take_continuation(line);
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      refuse("not a field");
    const std::string_view name = line.substr(0, colon);
    if (name.find_first_of(" \t") != std::string_view::npos)
      refuse("not a field");
    field_ = lower(name);
    if (!fields_.insert(field_).second)
      refuse("the field " + std::string(name) + " occurs twice");
    take_field(trimmed(line.substr(colon + 1)));
  }

  void end_paragraph() { paragraph_ended_ = !fields_.empty(); }

  void take_field(std::string_view value) {
    if (field_ == "suite")
      release_.suite = value;
    else if (field_ == "codename")
      release_.codename = value;
    else if (field_ == "date")
      release_.date = time(value);
    else if (field_ == "valid-until")
      release_.valid_until = time(value);
    else if (field_ == "notautomatic")
      release_.not_automatic = value == "yes";
    else if (field_ == "butautomaticupgrades")
      release_.but_automatic_upgrades = value == "yes";
    else if (field_ == "acquire-by-hash")
      release_.acquire_by_hash = value == "yes";
    else if (field_ == "no-support-for-architecture-all")
      all_in_each_index_ = value == "Packages";
    else if (field_ == "architectures")
      release_.architectures = last_parts(words(value));
    else if (field_ == "components")
      release_.components = last_parts(words(value));
  }

  void take_continuation(std::string_view line) {
    if (field_ == "sha256")
      take_file(words(line));
    else if (field_ == "md5sum" || field_ == "sha1" || field_ == "sha512")
      take_other_file(words(line));
    else if (fields_.empty())
      refuse("not a field");
  }

  void take_file(const std::vector<std::string_view>& parts) {
    if (parts.size() != 3)
      refuse("not a digest, a size and a path");
    auto digest = parts[0].size() == 2 * Digest::kSize ? Digest::parse(parts[0]) : std::nullopt;
    auto size = number<std::uint64_t>(parts[1]);
    if (!digest)
      refuse("not a SHA-256 digest");
    if (!size)
      refuse("not a size");
    if (!stays_below(parts[2]))
      refuse("a path that leaves the release");
    auto [entry, is_new] = release_.files.try_emplace(std::string(parts[2]), ListedFile{*digest, *size});
    if (!is_new && (entry->second.sha256 != *digest || entry->second.size != *size))
      refuse("a second, different entry for " + std::string(parts[2]));
    if (release_.files.size() > kMaxFiles)
      refuse(fmt::format("more than {} files", kMaxFiles));
  }

  void take_other_file(const std::vector<std::string_view>& parts) {
    if (parts.size() == 3)
      other_files_.emplace_back(parts[2]);
    if (other_files_.size() > 3 * kMaxFiles)
      refuse(fmt::format("more than {} files", kMaxFiles));
  }

  std::chrono::sys_seconds time(std::string_view value) const {
    auto parsed = parse_time(value);
    if (!parsed)
      refuse("not a time in UTC: " + std::string(value));
    return *parsed;
  }

  ReleaseFile release_;
  std::set<std::string> fields_;  ///< in lower case
  std::string field_;             ///< in lower case
  std::vector<std::string> other_files_;
  bool all_in_each_index_ = false;
  bool paragraph_ended_ = false;
  std::size_t line_ = 0;
};

std::string in_words(std::chrono::seconds span) {
  using namespace std::chrono;
  auto count = [](auto number, std::string_view unit) {
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  if (span >= days(1))
    return count(floor<days>(span).count(), "day");
  if (span >= hours(1))
    return count(floor<hours>(span).count(), "hour");
  return count(std::max<long>(floor<minutes>(span).count(), 1), "minute");
}

[[noreturn]] void distrust(std::string message, std::string hint) {
  throw Error(ErrorKind::kUntrusted, std::move(message), std::move(hint));
}

/// A suite may be named by either of its two names. Older security archives put "/updates" behind it.
bool is_suite(const ReleaseFile& release, const std::string& asked) {
  auto matches = [&](std::string_view name) {
    return !name.empty() && (name == release.suite || name == release.codename);
  };
  return matches(asked) || matches(std::string_view(asked).substr(0, asked.rfind('/')));
}

}  // namespace

ReleaseFile parse_release(const SignedText& text) {
  return ReleaseParser().parse(text.text());
}

void check_release(const ReleaseFile& release, const ReleaseExpectation& expected) {
  constexpr const char* kOtherMirror =
      "try another mirror (--mirror NAME=URL), and check this machine's clock";
  const auto now = std::chrono::floor<std::chrono::seconds>(expected.now);
  const std::string date = format_time(release.date);
  if (!is_suite(release, expected.suite))
    distrust(fmt::format("the mirror serves another release here: suite \"{}\", codename \"{}\"",
                         release.suite, release.codename),
             "name the suite as its release does, or try another mirror (--mirror NAME=URL)");
  if (release.date > now + kClockTolerance)
    distrust(fmt::format("the release is dated {} ahead of this machine's clock ({})",
                         in_words(release.date - now), date),
             "check this machine's clock");
  if (release.valid_until && *release.valid_until < now)
    distrust(fmt::format("the release expired {} ago (Valid-Until {}): the mirror is out of date or somebody "
                         "holds updates back",
                         in_words(now - *release.valid_until), format_time(*release.valid_until)),
             kOtherMirror);
  if (date < expected.known_date)
    distrust(fmt::format("the release is older than the one in the lock ({} < {}): the mirror is out of date "
                         "or somebody rolls the archive back",
                         date, expected.known_date),
             kOtherMirror);
}

std::string format_time(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace bootstrap
