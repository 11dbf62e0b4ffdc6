// The tree that layers make together, as metadata: what unpacking them would give (tree_writer.h), without a
// file system, its owners and its privileges.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "image/layer_path.h"
#include "package/entry.h"

namespace bootstrap {

class FlatTree {
 public:
  /// What a path leads to; paths that are hard links of each other share one.
  struct Node {
    Entry entry;                ///< its path is the one it was made with
    std::uint64_t content = 0;  ///< where the caller keeps a file's content
  };

  /// From here on entries belong to the next layer: its whiteouts hide what lower layers have, never its own
  /// entries.
  void begin_layer() { ++layer_; }
  /// `content` is kept for a file. Throws kFailure for a hard link to what is not there or a
  /// directory, and for what lies below a link or a file: an export of it would write elsewhere.
  void apply(const Entry& entry, std::uint64_t content);

  /// Everything there is, in PathOrder. A node's first path has its
  /// type; the further ones are hard links to the first.
  struct Item {
    Entry entry;
    std::uint64_t content = 0;
  };
  std::vector<Item> items() const;

 private:
  struct Place {
    std::shared_ptr<Node> node;
    unsigned layer = 0;
  };
  using Places = std::map<std::string, Place, PathOrder>;

  void require_parent(const Entry& entry) const;
  void remove_children(const std::string& path);
  void hide_children(const std::string& path);
  void hide_one(const std::string& path);
  Places::iterator first_below(const std::string& path);
  Places::iterator end_below(const std::string& path);

  Places places_;
  unsigned layer_ = 0;
};

}  // namespace bootstrap
