// Packages indexes: deb822 text (deb-src-control(5), Debian policy 5.1) to PackageRecords.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "repo/repo_index.h"

namespace bootstrap {

/// Parses one Packages index for `architecture` ("amd64": stanzas may be amd64 or all). The records are in
/// the order of the stanzas, have `release` set as given, and their views point into `text`, which must
/// outlive them. A folded field's value keeps its newlines: in relation fields they are white space.
///
/// An index names what will be unpacked as root, so it is read strictly. Throws kFailure, with the line
/// number and the package's name, for: a line that is no field, CR or NUL or text that is not UTF-8, a field
/// that occurs twice in a stanza, a missing Package, Version, Architecture, Filename, Size or SHA256, a name,
/// version or architecture which is none, a Filename that is not a plain relative path, a Size that is not a
/// number, and two stanzas of the same name, version and architecture with different hashes. The caller
/// prepends archive, suite and file. (Stanzas that repeat each other exactly are kept.)
std::vector<PackageRecord> parse_packages(std::string_view text, std::string_view architecture,
                                          std::uint32_t release);

}  // namespace bootstrap
