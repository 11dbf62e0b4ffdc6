// The ar archive that a .deb is, as deb(5) restricts it: short names only, members of an even size, nothing
// before, between or behind them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bootstrap {

struct ArMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its content in the file
  std::uint64_t size = 0;
};

/// All members in order. `fd` must be seekable; its position is not used. Throws kFailure for anything that
/// is not exactly such an archive: a wrong magic, number or padding, a long (BSD or GNU) name, a member
/// beyond the end.
std::vector<ArMember> read_ar(int fd);

}  // namespace bootstrap
