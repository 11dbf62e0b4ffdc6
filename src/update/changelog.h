// Debian changelogs (deb-changelog(5)): what each version of a source package changed, when, and which
// vulnerabilities it names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

struct ChangelogEntry {
  std::string source;
  std::string version;
  std::string distribution;  ///< "bookworm-security"
  bool binary_only = false;  ///< of a rebuild without a change in the source (binNMU)
  std::string text;          ///< the changes, as they stand, without the empty lines around them
  std::string date;          ///< RFC 3339 in UTC; empty when the trailer has none that can be read
};

/// Newest first, as in the file. Lenient: what is no entry (a trimmed file's last lines, an editor's mode
/// line) is passed over, for changelogs of thirty years have everything in them. An upstream changelog gives
/// none.
std::vector<ChangelogEntry> parse_changelog(std::string_view text);

/// Those after version `from` up to `to`, both by dpkg's order of versions.
std::vector<ChangelogEntry> entries_between(const std::vector<ChangelogEntry>& entries,
                                            const std::string& from, const std::string& to);

/// The CVE ids in a text, in canonical form, each once, sorted by year and number.
std::vector<std::string> find_cves(std::string_view text);
/// The Debian security advisories in a text: "DSA-5678-1", "DLA-..." likewise.
std::vector<std::string> find_advisories(std::string_view text);

}  // namespace bootstrap
