// Versions of Debian packages: their syntax and their order (deb-version(7), Debian policy 5.6.12).
#pragma once

#include <string_view>

namespace bootstrap {

/// Whether `version` is [epoch:]upstream[-revision] as dpkg accepts it from an archive (deb-version(7)).
bool is_valid_version(std::string_view version);

/// The order of dpkg --compare-versions: negative, zero or positive as `a` is older than, equal to or newer
/// than `b`.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace bootstrap
