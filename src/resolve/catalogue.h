// An index as every request looks at it: names numbered, the versions of a name chained, Provides parsed. For
// a small request upon an archive of a hundred thousand names that is most of the work, so it is done once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "repo/repo_index.h"
#include "resolve/mention_order.h"
#include "resolve/name_table.h"

namespace bootstrap {

class Catalogue {
 public:
  /// `index` must outlive the object.
  explicit Catalogue(const RepoIndex& index);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  const RepoIndex& index() const { return index_; }

  /// The numbers of names that packages have start at 0, in the order in which the index first lists them;
  /// those of names that are only provided follow.
  std::optional<std::uint32_t> number_of(std::string_view name) const { return names_.find(name); }
  std::uint32_t name_count() const { return names_.size(); }
  std::uint32_t package_name_count() const { return static_cast<std::uint32_t>(first_version_.size()); }
  /// The number of the name of index().packages[record].
  std::uint32_t name_of(std::size_t record) const { return numbers_[record]; }
  /// Every listed version of a name.
  std::vector<const PackageRecord*> versions(std::string_view name) const;

  /// That a record provides a name which is not its own.
  struct Provision {
    const PackageRecord* record = nullptr;
    std::uint32_t provider = 0;  ///< number of the record's name
    std::uint32_t name = 0;      ///< number of the provided name
    std::string_view version;    ///< empty: unversioned
  };
  /// In the order of `provider`.
  const std::vector<Provision>& provisions() const { return provisions_; }
  /// Records whose Provides cannot be parsed; that matters only to those who choose one.
  const std::vector<const PackageRecord*>& unreadable() const { return unreadable_; }

  /// Not for several threads at once: it is read as far as needed.
  MentionOrder& mentions() const { return mentions_; }

 private:
  static constexpr std::uint32_t kNoVersion = UINT32_MAX;

  void number_names();
  void collect_provisions();

  const RepoIndex& index_;
  NameTable names_;
  std::vector<std::uint32_t> numbers_;        ///< of each record's name
  std::vector<std::uint32_t> first_version_;  ///< by number of the name: a record; the others follow
  std::vector<std::uint32_t> next_version_;   ///< by record
  std::vector<Provision> provisions_;
  std::vector<const PackageRecord*> unreadable_;
  mutable MentionOrder mentions_;
};

}  // namespace bootstrap
