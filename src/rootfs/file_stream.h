// The uncompressed stream of a segment, cut into the files it consists of.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "package/segment.h"

namespace bootstrap {

/// Gives the uncompressed bytes of a segment, piece by piece.
using SegmentReader = std::function<void(const Segment&, const ByteSink&)>;

/// Calls `content` with the pieces of each of `files` (non-empty files of the segment, in its order), and
/// `end` after the last piece of one. Throws kFailure when the segment is too short.
void stream_files(const Segment& segment, const SegmentReader& read,
                  const std::vector<const SegmentEntry*>& files,
                  const std::function<void(std::size_t index, std::string_view piece)>& content,
                  const std::function<void(std::size_t index)>& end);

}  // namespace bootstrap
