// What archives the host's own APT fetches from: sources.list(5), in both of its formats, and the lists of
// mirrors that these may name, apt-transport-mirror(1).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// A URI and the line, counted from 1, that it stands on.
struct AptUri {
  std::string uri;
  unsigned line = 0;
};

/// The URIs of the enabled entries for binary packages ("deb") in a deb822 *.sources file, in order.
/// Forgiving, as it is not our file: what is not understood is left out.
std::vector<AptUri> uris_of_deb822_sources(std::string_view text);
/// The same for a one-line *.list file.
std::vector<AptUri> uris_of_list(std::string_view text);
/// The same for a list of mirrors, as `mirror+file:` names one: those with the lowest `priority:` first,
/// those without one after them, and last those that are for some kinds of files only.
std::vector<AptUri> uris_of_mirror_list(std::string_view text);

/// What an APT configuration directory fetches from: sources.list, then sources.list.d in the order of names.
/// Files that are missing or that this user may not read have none.
struct AptSources {
  std::vector<std::string> urls;  ///< of mirrors, as mirror_url() gives them
  /// What cannot be used, in words: "/etc/apt/sources.list:3: ...". Not the URI, which may have a password.
  std::vector<std::string> unusable;
};
AptSources read_apt_sources(const std::filesystem::path& apt_directory);

}  // namespace bootstrap
