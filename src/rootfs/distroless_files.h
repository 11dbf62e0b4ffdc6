// What maintainer scripts would have made and a system without them needs all the same.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "rootfs/memory_tree.h"

namespace bootstrap {

/// Adds generated files to a memory tree and keeps their content.
class GeneratedFiles {
 public:
  /// `read` gives the content of a file of the tree that a package or a parent's state has.
  GeneratedFiles(MemoryTree& tree, std::function<std::string(const std::string&)> read, std::int64_t mtime)
      : tree_(tree), read_(std::move(read)), mtime_(mtime) {}

  void write(const std::string& path, std::string content, std::uint32_t mode = 0644, std::uint32_t gid = 0);
  void link(const std::string& path, const std::string& target);
  void directory(const std::string& path, std::uint32_t mode);
  /// Empty when there is no such file.
  std::string read(const std::string& path) const;
  bool has(const std::string& path) const { return tree_.has(path); }
  const MemoryTree& tree() const { return tree_; }
  std::int64_t mtime() const { return mtime_; }
  /// The content of what was written, by path.
  const std::map<std::string, std::string>& contents() const { return contents_; }

 private:
  MemoryTree& tree_;
  std::function<std::string(const std::string&)> read_;
  std::int64_t mtime_;
  std::map<std::string, std::string> contents_;
};

/// Whether a package's file is one that the functions below read.
bool is_read_by_generators(const std::string& path);

/// The directories and links of an empty root.
void add_skeleton(GeneratedFiles& files, const std::string& architecture);
/// passwd, group, shadow and gshadow: from base-passwd's lists if it is there, else root and nobody; and the
/// recipe's users.
void add_accounts(GeneratedFiles& files, const std::vector<UserAccount>& users);
/// The small rest: see the table in the source, each line with its reason.
void add_what_scripts_make(GeneratedFiles& files);
/// One file with all certificates of ca-certificates.
void add_certificates(GeneratedFiles& files);

}  // namespace bootstrap
