// The control stanza and the conffiles list of a package (deb-control(5), deb-conffiles(5)).
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "package/deb.h"
#include "package/entry_checks.h"

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

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::kFailure, "the control file " + problem);
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// The name of the field that starts on `line`, in lower case.
std::string field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string name = lower_case(line.substr(0, colon));
  // Policy 5.1.
  const bool valid = colon != line.npos && !name.empty() && name.front() != '#' && name.front() != '-' &&
                     std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!valid)
    refuse("has a line that is no field: " + printable(line));
  constexpr std::array<std::string_view, 5> kOfDpkg{"status", "conffiles", "config-version",
                                                    "triggers-pending", "triggers-awaited"};
  if (std::find(kOfDpkg.begin(), kOfDpkg.end(), name) != kOfDpkg.end())
    refuse("has the field " + printable(name) + ", which only dpkg writes");
  return name;
}

}  // namespace

void check_control(std::string_view text) {
  if (text.find('\0') != text.npos)
    refuse("holds a NUL byte");
  std::set<std::string> fields;
  bool ended = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    if (line.empty()) {
      ended = !fields.empty();
    } else if (ended) {
      refuse("has a second stanza");
    } else if (continues && (fields.empty() || trimmed(line).empty())) {
      refuse("has a line that continues no field, or is blank");
    } else if (!continues && !fields.insert(field_name(line)).second) {
      refuse("has the field " + printable(line.substr(0, line.find(':'))) + " twice");
    }
  }
}

std::string ControlData::field(std::string_view name) const {
  auto control = files.find("control");
  if (control == files.end())
    return {};
  const std::string wanted = lower_case(name);
  std::string_view rest = control->second.content;
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    std::size_t colon = line.find(':');
    if (colon == line.npos || lower_case(line.substr(0, colon)) != wanted)
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
    else if (!line.empty() && !line.starts_with("remove-on-upgrade /"))
      throw Error(ErrorKind::kFailure, "conffiles: " + printable(line) + " is no absolute path");
  }
  return paths;
}

}  // namespace bootstrap
