// `scripts: skip`: no maintainer script runs and no privilege is needed. What a working system needs all the
// same is written here from the packages' own data: merged-/usr links, accounts, name service, certificates,
// and a normal dpkg database, so that scanners see the packages. Alternatives are not set up, caches are not
// made; a program that is only reached through an alternative (awk, editor) must be called by its real name.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rootfs/assemble.h"
#include "rootfs/file_stream.h"

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

/// The state of a request whose scripts are skipped. `read` gives a segment's bytes; the parents' states are
/// read from where they lie.
DistrolessState distroless_state(const AssembleRequest& request, const SegmentReader& read);

}  // namespace bootstrap
