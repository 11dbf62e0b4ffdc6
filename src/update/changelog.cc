#include "update/changelog.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <regex>
#include <set>

#include "debian/version.h"
#include "image/oci_documents.h"

namespace bootstrap {

namespace {

std::string_view next_line(std::string_view& text) {
  std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

/// "bash (5.2.15-2+b8) bookworm; urgency=low, binary-only=yes"
std::optional<ChangelogEntry> parse_heading(std::string_view line) {
  std::size_t open = line.find(" (");
  std::size_t close = line.find(')', open == std::string_view::npos ? 0 : open);
  if (line.empty() || line.front() == ' ' || line.front() == '\t' || open == std::string_view::npos ||
      close == std::string_view::npos)
    return std::nullopt;
  std::size_t semicolon = line.find(';', close);
  ChangelogEntry entry;
  entry.source = line.substr(0, open);
  entry.version = trimmed(line.substr(open + 2, close - open - 2));
  // A sentence of an upstream changelog may have brackets; it has blanks before them, and no version in them.
  if (entry.source.find(' ') != std::string::npos || entry.version.empty() ||
      entry.version.find(' ') != std::string::npos || semicolon == std::string_view::npos)
    return std::nullopt;
  entry.distribution = trimmed(line.substr(close + 1, semicolon - close - 1));
  entry.binary_only = line.find("binary-only=yes", semicolon) != std::string_view::npos;
  return entry;
}

/// "Tue, 07 May 2024 12:40:10 +0200", with or without the day of the week; RFC 2822 allows one digit of a
/// day.
std::string parse_date(std::string_view text) {
  text = trimmed(text);
  if (std::size_t comma = text.find(','); comma != std::string_view::npos)
    text = trimmed(text.substr(comma + 1));
  std::string copy(text);
  int day = 0, year = 0, hour = 0, minute = 0, second = 0, offset = 0;
  char month[4] = {};
  char sign = '+';
  int count = std::sscanf(copy.c_str(), "%d %3s %d %d:%d:%d %c%d", &day, month, &year, &hour, &minute,
                          &second, &sign, &offset);
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::size_t number = kMonths.find(month);
  if (count < 6 || number == std::string_view::npos || number % 3 != 0 || month[2] == 0)
    return {};
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(number / 3 + 1)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok())
    return {};
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch() / std::chrono::seconds(1);
  std::int64_t zone = count == 8 ? (offset / 100 * 60 + offset % 100) * 60 : 0;
  seconds += hour * 3600 + minute * 60 + second - (sign == '-' ? -zone : zone);
  return rfc3339(seconds);
}

std::vector<std::string> find_all(std::string_view text, const std::regex& pattern,
                                  const std::string& prefix) {
  // A line may end within an id: "CVE-2023-\n    4911".
  std::string joined;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && !joined.empty() && joined.back() == '-') {
      while (i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t'))
        ++i;
      continue;
    }
    joined += text[i];
  }
  std::set<std::pair<std::vector<unsigned long>, std::string>> found;
  for (auto match = std::sregex_iterator(joined.begin(), joined.end(), pattern);
       match != std::sregex_iterator(); ++match) {
    std::vector<unsigned long> numbers;
    std::string id = prefix;
    for (std::size_t group = 1; group < match->size(); ++group) {
      if (!(*match)[group].matched)
        continue;
      std::string part = (*match)[group].str();
      if (std::isdigit(static_cast<unsigned char>(part.front())) != 0)
        numbers.push_back(std::stoul(part));
      std::transform(part.begin(), part.end(), part.begin(), [](unsigned char c) { return std::toupper(c); });
      id += (id.empty() ? "" : "-") + part;
    }
    found.emplace(std::move(numbers), std::move(id));
  }
  std::vector<std::string> ids;
  for (const auto& [numbers, id] : found)
    ids.push_back(id);
  return ids;
}

}  // namespace

std::vector<ChangelogEntry> parse_changelog(std::string_view text) {
  std::vector<ChangelogEntry> entries;
  bool inside = false;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (auto heading = parse_heading(line)) {
      entries.push_back(std::move(*heading));
      inside = true;
    } else if (inside && line.starts_with(" -- ")) {
      std::size_t mail_end = line.rfind('>');
      if (mail_end != std::string_view::npos)
        entries.back().date = parse_date(line.substr(mail_end + 1));
      inside = false;
    } else if (inside) {
      std::string& changes = entries.back().text;
      if (!changes.empty() || !trimmed(line).empty())
        changes.append(line).append("\n");
    }
  }
  for (ChangelogEntry& entry : entries) {
    while (entry.text.ends_with('\n') || entry.text.ends_with(' '))
      entry.text.pop_back();
  }
  return entries;
}

std::vector<ChangelogEntry> entries_between(const std::vector<ChangelogEntry>& entries,
                                            const std::string& from, const std::string& to) {
  std::vector<ChangelogEntry> between;
  for (const ChangelogEntry& entry : entries) {
    if (compare_versions(entry.version, from) > 0 && compare_versions(entry.version, to) <= 0)
      between.push_back(entry);
  }
  return between;
}

std::vector<std::string> find_cves(std::string_view text) {
  static const std::regex kPattern(R"(\bCVE[- ](\d{4})-(\d{4,7})\b)", std::regex::icase);
  return find_all(text, kPattern, "CVE");
}

std::vector<std::string> find_advisories(std::string_view text) {
  static const std::regex kPattern(R"(\b(D[SL]A)[- ](\d{3,5})(?:-(\d{1,2}))?\b)", std::regex::icase);
  return find_all(text, kPattern, "");
}

}  // namespace bootstrap
