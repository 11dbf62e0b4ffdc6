#include "rootfs/canonical_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <map>
#include <vector>

#include "rootfs/accounts.h"
#include "rootfs/java_keystore.h"

namespace bootstrap {

namespace {

using Content = std::optional<std::string>;

Content shadow(const std::string& content, std::int64_t newest_mtime) {
  return clamp_shadow_dates(content, shadow_day(newest_mtime));
}

Content keystore(const std::string& content, std::int64_t newest_mtime) {
  return with_keystore_times(content, newest_mtime);
}

Content listing(const std::string& content, std::int64_t) {
  return sorted_listing(content);
}

/// What Debian's own start-up script (/lib/open-iscsi/startup-checks.sh) replaces by a name for this machine.
Content generated_initiator(const std::string&, std::int64_t) {
  return "GenerateName=yes\n";
}

/// "# Created by Octave 7.3.0, Tue Dec 01 12:54:45 2026 UTC <root@localhost>"
Content octave_header(const std::string& content, std::int64_t newest_mtime) {
  constexpr std::string_view kStart = "# Created by Octave ";
  const std::size_t comma = content.find(", ");
  const std::size_t end = content.find('\n');
  if (!content.starts_with(kStart) || end == std::string::npos || comma > end)
    return std::nullopt;
  const auto time = fmt::gmtime(static_cast<std::time_t>(newest_mtime));
  return fmt::format("{}, {:%a %b %d %H:%M:%S %Y} UTC <root@localhost>{}", content.substr(0, comma), time,
                     content.substr(end));
}

/// The group of that size in RFC 7919, appendix A.1: as good as one that took a minute to find.
Content known_group(const std::string& content, std::int64_t) {
  if (!content.starts_with("-----BEGIN DH PARAMETERS-----"))
    return std::nullopt;
  return R"(-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
)";
}

constexpr auto kFiles = std::to_array<CanonicalFile>({
    {"etc/shadow", shadow, "dates of the last change are no later than the newest package"},
    {"etc/ssl/certs/java/cacerts", keystore, "entries have the time of the newest package"},
    {"etc/iscsi/initiatorname.iscsi", generated_initiator, "the name is generated when iscsid starts"},
    {"etc/freeradius/3.0/certs/dh", known_group, "the group is that of RFC 7919"},
    {"usr/share/octave/octave_packages", octave_header, "the header has the time of the newest package"},
    {"var/lib/texmf/ls-R", listing, "files are listed by name"},
    {"var/lib/texmf/ls-R-TEXMFMAIN", listing, "files are listed by name"},
    {"var/lib/texmf/ls-R-TEXLIVEDIST", listing, "files are listed by name"},
});

}  // namespace

std::span<const CanonicalFile> canonical_files() {
  return kFiles;
}

void make_canonical(const Tree& tree, std::int64_t newest_mtime) {
  for (const CanonicalFile& file : kFiles) {
    const std::string path(file.path);
    const auto content = tree.read(path);
    if (!content)
      continue;
    const Content canonical = file.canonical(*content, newest_mtime);
    if (canonical && *canonical != *content)
      tree.write(path, *canonical);
  }
}

std::string clamp_shadow_dates(std::string_view shadow, std::int64_t day) {
  std::string result;
  while (!shadow.empty()) {
    const auto end = std::min(shadow.find('\n'), shadow.size());
    const auto line = shadow.substr(0, end);
    const auto password = line.find(':');
    const auto date = password == std::string_view::npos ? password : line.find(':', password + 1);
    const auto after = date == std::string_view::npos ? date : line.find(':', date + 1);
    std::int64_t changed = 0;
    if (after != std::string_view::npos) {
      const auto digits = line.substr(date + 1, after - date - 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), changed);
    }
    if (changed > day)
      result += fmt::format("{}{}{}", line.substr(0, date + 1), day, line.substr(after));
    else
      result += line;
    result += '\n';
    shadow.remove_prefix(std::min(end + 1, shadow.size()));
  }
  return result;
}

/// Lines up to the first "DIRECTORY:" are a header; after each such line stand the names that are in it, and
/// an empty line.
std::optional<std::string> sorted_listing(const std::string& listing) {
  std::string header;
  std::map<std::string, std::vector<std::string>> directories;
  std::vector<std::string>* names = nullptr;
  bool expects_directory = true;
  std::string_view rest = listing;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (expects_directory && line.ends_with(':')) {
      names = &directories[line];
      expects_directory = false;
    } else if (line.empty()) {
      expects_directory = true;
    } else if (names == nullptr) {
      header += line + '\n';
    } else if (expects_directory) {
      return std::nullopt;
    } else {
      names->push_back(line);
    }
  }
  std::string result = std::move(header);
  for (auto& [directory, members] : directories) {
    std::sort(members.begin(), members.end());
    result += result.empty() ? "" : "\n";
    result += fmt::format("{}\n{}{}", directory, fmt::join(members, "\n"), members.empty() ? "" : "\n");
  }
  return result;
}

}  // namespace bootstrap
