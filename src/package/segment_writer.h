// The canonical tar segment: which entries in which order, as bytes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "package/compress.h"
#include "package/segment.h"
#include "package/spool.h"

namespace bootstrap {

/// Entries sorted by path, without those in `masked`. Of the names of one file the first that is left becomes
/// the file and the others hard links to it, so links come after their targets and masking any name keeps the
/// others. Offsets stay as they are. Throws kFailure when a path comes twice.
std::vector<SegmentEntry> canonical_order(std::vector<SegmentEntry> entries,
                                          const std::set<std::string>& masked = {});

/// Writes entries, in this order, whose contents lie in `content` at their offsets. Changes the offsets into
/// those of the content in the segment. There is no end-of-archive mark: segments are concatenated.
void write_segment(std::vector<SegmentEntry>& entries, const Spool& content, const ByteSink& sink);

}  // namespace bootstrap
