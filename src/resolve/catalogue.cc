#include "resolve/catalogue.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "debian/relation.h"

namespace bootstrap {

Catalogue::Catalogue(const RepoIndex& index) : index_(index), mentions_(index) {
  number_names();
  collect_provisions();
}

void Catalogue::number_names() {
  const std::size_t count = index_.packages.size();
  numbers_.reserve(count);
  for (const PackageRecord& record : index_.packages)
    numbers_.push_back(names_.number(record.name));
  first_version_.assign(names_.size(), kNoVersion);
  next_version_.resize(count);
  for (std::size_t i = count; i-- > 0;)
    next_version_[i] = std::exchange(first_version_[numbers_[i]], static_cast<std::uint32_t>(i));
}

void Catalogue::collect_provisions() {
  for (std::size_t i = 0; i < index_.packages.size(); ++i) {
    const PackageRecord& record = index_.packages[i];
    if (record.provides.empty())
      continue;
    try {
      for (const Dependency& provided : parse_relations(record.provides))
        if (const Relation& relation = provided.front(); relation.name != record.name)
          provisions_.push_back({&record, numbers_[i], names_.number(relation.name), relation.version});
    } catch (const Error&) {
      unreadable_.push_back(&record);
    }
  }
  std::stable_sort(provisions_.begin(), provisions_.end(),
                   [](const Provision& a, const Provision& b) { return a.provider < b.provider; });
}

std::vector<const PackageRecord*> Catalogue::versions(std::string_view name) const {
  std::vector<const PackageRecord*> versions;
  const auto number = names_.find(name);
  if (!number || *number >= first_version_.size())
    return versions;
  for (std::uint32_t i = first_version_[*number]; i != kNoVersion; i = next_version_[i])
    versions.push_back(&index_.packages[i]);
  return versions;
}

}  // namespace bootstrap
