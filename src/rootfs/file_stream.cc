#include "rootfs/file_stream.h"

#include <algorithm>

#include "base/error.h"

namespace bootstrap {

void stream_files(const Segment& segment, const SegmentReader& read,
                  const std::vector<const SegmentEntry*>& files,
                  const std::function<void(std::size_t, std::string_view)>& content,
                  const std::function<void(std::size_t)>& end) {
  if (files.empty())
    return;
  std::size_t next = 0;
  std::uint64_t position = 0;
  read(segment, [&](std::string_view data) {
    while (!data.empty() && next < files.size()) {
      const SegmentEntry& file = *files[next];
      const bool inside = position >= file.offset;
      const std::uint64_t until = inside ? file.offset + file.entry.size : file.offset;
      const auto piece = data.substr(0, until - position);
      if (inside)
        content(next, piece);
      position += piece.size();
      data.remove_prefix(piece.size());
      if (inside && position == until)
        end(next++);
    }
    position += data.size();
  });
  if (next != files.size())
    throw Error(ErrorKind::kFailure, "the segment of " + segment.name + " is cut short",
                "remove it from the store; it will be made again");
}

}  // namespace bootstrap
