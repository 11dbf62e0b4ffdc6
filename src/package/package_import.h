// From a .deb to what a segment is made of.
#pragma once

#include <string_view>
#include <vector>

#include "package/segment.h"
#include "package/spool.h"

namespace bootstrap {

/// Reads the package behind `fd` and appends the contents of its files to `content`. Fills all of the segment
/// but what depends on its encoding (key, package, compression, fragment, data); its entries are in no order
/// yet and their offsets are those in `content`. Throws kFailure for a package that is not well-formed.
Segment read_package(int fd, std::string_view what, bool merge_usr, Spool& content);

}  // namespace bootstrap
