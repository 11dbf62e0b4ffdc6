// Base URLs of archives.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// The URL without trailing slashes, if it is one that packages may be fetched from: http or https with a
/// host, or file with an absolute path ("file:/srv" is "file:///srv"), without query, fragment or white
/// space.
std::optional<std::string> mirror_url(std::string_view text);

}  // namespace bootstrap
