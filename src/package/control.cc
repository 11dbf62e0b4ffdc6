// The control stanza and the conffiles list of a package (deb-control(5), deb-conffiles(5)).
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "package/deb.h"

namespace bootstrap {
namespace {

/// Cuts the first line, without its newline, off `text`.
std::string_view take_line(std::string_view& text) {
  std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string ControlData::field(std::string_view name) const {
  auto control = files.find("control");
  if (control == files.end())
    return {};
  std::string_view rest = control->second.content;
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    std::size_t colon = line.find(':');
    if (colon == line.npos || !equal_ignoring_case(line.substr(0, colon), name))
      continue;
    std::string value(trimmed(line.substr(colon + 1)));
    while (rest.starts_with(' ') || rest.starts_with('\t'))
      value.append("\n").append(trimmed(take_line(rest)));
    return value;
  }
  return {};
}

std::vector<std::string> ControlData::conffiles() const {
  std::vector<std::string> paths;
  auto file = files.find("conffiles");
  if (file == files.end())
    return paths;
  std::string_view rest = file->second.content;
  while (!rest.empty()) {
    std::string_view line = trimmed(take_line(rest));
    // The other form, "remove-on-upgrade /path", names a file that the package no longer ships.
    if (line.starts_with('/'))
      paths.emplace_back(line);
  }
  return paths;
}

}  // namespace bootstrap
