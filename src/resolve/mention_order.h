// apt's last tie-break between providers: the package it met last when it built its cache wins. That depends
// on nothing but the order of the index, so it is as good as any other rule, and the one people are used to.
#pragma once

#include <cstdint>
#include <string_view>

#include "repo/repo_index.h"
#include "resolve/name_table.h"

namespace bootstrap {

/// Ranks names by where an index first mentions them: a package's own name, then those in its relations.
class MentionOrder {
 public:
  explicit MentionOrder(const RepoIndex& index) : index_(index) {}

  /// The rank of a name; reads on in the index as far as needed, because most requests never need any. A name
  /// that is never mentioned comes last.
  std::uint32_t rank(std::string_view name);

 private:
  void read(const PackageRecord& record);

  const RepoIndex& index_;
  std::size_t next_ = 0;
  NameTable names_;  ///< numbers are ranks
};

}  // namespace bootstrap
