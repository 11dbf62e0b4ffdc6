// Applies the entries of layers, lowest layer first, to a directory (image-spec, layer.md, "Applying
// Changesets"). The tree is hostile input for the next layer: every step opens beneath the root and follows
// no symbolic link.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/fd.h"
#include "package/entry.h"

namespace bootstrap {

/// What becomes of the marks by which a layer removes what lower layers have.
enum class Whiteouts {
  kObeyed,  ///< the tree is that of all layers together
  kKept,    ///< the tree is that of one layer, in overlayfs's form (with the option userxattr)
};

class TreeWriter {
 public:
  /// `root` is a directory descriptor that must outlive this.
  explicit TreeWriter(int root, Whiteouts whiteouts = Whiteouts::kObeyed);

  /// From here on entries belong to the next layer: its whiteouts remove what lower layers have, never its
  /// own entries.
  void begin_layer() { written_.clear(); }
  /// `read` gives the content piece by piece, empty at its end.
  void apply(const Entry& entry, const std::function<std::string_view()>& read);
  /// Sets the mtimes of directories, which change while things are put into them.
  void finish();

 private:
  int parent_of(const std::string& path);
  void make(const Entry& entry, int parent, const std::string& name,
            const std::function<std::string_view()>& read);
  void make_directory(const Entry& entry, int parent, const std::string& name);
  void make_file(const Entry& entry, int parent, const std::string& name,
                 const std::function<std::string_view()>& read);
  void keep_whiteout(int parent, const std::string& name);
  void remove_lower(int parent, const std::string& name, const std::string& path);
  void remove_lower_children(int directory, const std::string& path);

  int root_;
  Whiteouts whiteouts_;
  std::string parent_path_;  ///< of parent_: neighbours in a layer mostly share it
  UniqueFd parent_;
  std::unordered_set<std::string> written_;  ///< paths of this layer
  std::map<std::string, std::int64_t> directory_mtimes_;
};

}  // namespace bootstrap
