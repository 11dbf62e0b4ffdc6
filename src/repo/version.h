// The syntax of Debian versions; their order is compare_versions() of repo_index.h.
#pragma once

#include <string_view>

namespace bootstrap {

/// Whether `version` is [epoch:]upstream[-revision] as dpkg accepts it from an archive (deb-version(7)).
bool is_valid_version(std::string_view version);

}  // namespace bootstrap
