// Tar headers word for word, for what no library would write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bootstrap {

/// Bytes to put into a header at an offset, before its checksum is made.
using HeaderPatch = std::pair<std::size_t, std::string>;

/// A ustar header for `name` and the padded `content` behind it. `type` is the format's own letter: '0' file,
/// '1' hard link, '2' symbolic link, '5' directory, 'x' pax records, 'L' GNU long name, 'S' GNU sparse, ...
std::string raw_tar_entry(std::string_view name, char type, std::string_view content = {},
                          const std::vector<HeaderPatch>& patches = {});

/// Pax records, each with its length in front.
std::string pax_records(const std::vector<std::pair<std::string, std::string>>& records);

/// An entry with pax records before it.
std::string pax_entry(const std::vector<std::pair<std::string, std::string>>& records,
                      std::string_view entry);

/// Two blocks of zeros.
std::string raw_tar_end();

}  // namespace bootstrap
