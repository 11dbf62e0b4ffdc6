// `scripts: skip`: no maintainer script runs and no privilege is needed. What a working system needs all the
// same is written here from the packages' own data.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "rootfs/assemble.h"
#include "rootfs/unpack.h"

namespace bootstrap {

/// An entry of a state with a file's content.
struct StateFile {
  Entry entry;
  std::string content;
};

struct DistrolessState {
  std::vector<StateFile> files;  ///< sorted by path
  std::map<std::string, std::set<std::string>> masked;
};

/// The state of a request whose scripts are skipped. `read` gives a segment's bytes; of the parents' states
/// the files are read that are to be continued (dpkg status, accounts).
DistrolessState distroless_state(const AssembleRequest& request, const SegmentReader& read);

}  // namespace bootstrap
