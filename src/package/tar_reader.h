// The tar members of a package, through libarchive. What comes out is the archive's own words: nothing is
// checked or rewritten here but that it can be told at all (entry_checks.h judges it).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "package/decoder.h"
#include "package/entry.h"

namespace bootstrap {

class TarReader {
 public:
  /// Reads uncompressed tar from `source`.
  explicit TarReader(ByteSource source);
  ~TarReader();

  /// The next entry with path and link_target as they stand in the archive; nullopt at the end. What was not
  /// read of the last one is skipped. Throws kFailure for damaged archives, sparse files, and entries
  /// which an Entry cannot express.
  std::optional<Entry> next();
  /// The next piece of the current file; empty at its end.
  std::string_view read();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bootstrap
