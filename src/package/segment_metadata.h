// A segment's metadata as bytes. Binary, because every build loads it for every package: as JSON the 115
// packages of a small web server would take longer to parse than all else that a build with a warm cache
// does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "package/segment.h"

namespace bootstrap {

/// Part of every segment's key, beside the format of images: how serialise() writes, or what. To be raised
/// when that changes and the bytes of images do not.
constexpr int kMetadataFormat = 1;

std::string serialise(const Segment& segment);
/// nullopt when `data` is nothing that serialise() made.
std::optional<Segment> deserialise(std::string_view data);

}  // namespace bootstrap
