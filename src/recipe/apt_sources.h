// What archives the host's own APT fetches from: sources.list(5), in both of its formats.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// The URIs of the enabled entries for binary packages ("deb") in a deb822 *.sources file, in order.
/// Forgiving, as it is not our file: what is not understood is left out.
std::vector<std::string> uris_of_deb822_sources(std::string_view text);
/// The same for a one-line *.list file.
std::vector<std::string> uris_of_list(std::string_view text);

/// The URIs of an APT configuration directory: sources.list, then sources.list.d in the order of names. Files
/// that are missing or that this user may not read have none.
std::vector<std::string> apt_source_uris(const std::filesystem::path& apt_directory);

}  // namespace bootstrap
