// A state on disk: the canonical tar of package/tar_writer.h, uncompressed. Read back when a child recipe
// starts from it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "package/entry.h"
#include "rootfs/tree.h"

namespace bootstrap {

/// Writes a state to a descriptor: for each entry add(), then, for a file, its content in pieces.
class StateTarWriter {
 public:
  /// `fd` stays the caller's.
  explicit StateTarWriter(int fd) : fd_(fd) {}
  void add(const Entry& entry);
  /// Throws when the file's content is longer than its entry said; add() and finish() when it is shorter.
  void write(std::string_view data);
  void finish();

 private:
  void end_entry();
  void put(std::string_view data);

  int fd_;
  std::string buffer_;
  std::uint64_t missing_ = 0;  ///< bytes of the current file still to come
  std::size_t padding_ = 0;
};

/// Called for each entry of a state (without digests), in order; `read` gives a file's content piece by
/// piece, an empty view at its end, and may be left unread.
using StateSink = std::function<void(Entry entry, const std::function<std::string_view()>& read)>;

/// Reads a state tar from the position of `fd` to its end. Throws kFailure when it is damaged.
void read_state_tar(int fd, const StateSink& sink);

/// Lays a state over the tree, whiteouts obeyed; device nodes are left out, a user namespace may not make
/// them. Returns all of its entries, with digests.
std::vector<Entry> restore_state(const Tree& tree, int fd);

}  // namespace bootstrap
