// Which version of each name may be chosen. As apt: one candidate per name, picked by pin priority and then
// by version (apt_preferences(5)); a dependency that only another version would satisfy is not satisfied.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "resolve/catalogue.h"
#include "resolve/resolve.h"

namespace bootstrap {

/// The priority of a record under the pins: the first pin that names packages (not "*") and fits, otherwise
/// the first "*" that fits, otherwise 500, 100 (NotAutomatic with ButAutomaticUpgrades) or 1 (NotAutomatic).
int pin_priority(const PackageRecord& record, const Release& release, std::span<const Pin> pins);

/// What a recipe may ask for: "nginx", "nginx=1.22.1-9", "nginx/bookworm-backports".
struct PackageSpec {
  std::string_view name;
  std::string_view version;
  std::string_view suite;
};
/// Throws kUsage for anything else.
PackageSpec parse_package_spec(std::string_view text);
bool spec_fits(const PackageSpec& spec, const PackageRecord& record, const Release& release);

/// A candidate that has a name in its Provides.
struct Provider {
  const PackageRecord* record = nullptr;
  std::string_view version;  ///< of the provided name; empty: unversioned
};

class Candidates {
 public:
  /// Pins, preferred and installed packages, exclusions and versions asked for, all from `request`. Both
  /// arguments must outlive the object. Throws kUsage as parse_package_spec() does, and kFailure for a
  /// Provides field that cannot be parsed.
  Candidates(const Catalogue& catalogue, const ResolveRequest& request);
  Candidates(const Candidates&) = delete;
  Candidates& operator=(const Candidates&) = delete;

  /// The candidate of this name, or null.
  const PackageRecord* find(std::string_view name) const;
  /// Candidates that provide this name (not those that have it), in the order of the index.
  std::span<const Provider> providers(std::string_view name) const;
  /// Calls `use` with the candidate of every name, in the order in which the index first lists the names.
  template <typename Use>
  void for_each(Use use) const {
    for (const Choice& choice : choices_)
      if (choice.record != nullptr)
        use(*choice.record);
    for (const PackageRecord& record : unlisted_)
      if (gone_.contains(record.name))
        use(record);
  }

  /// The parent's packages, in the order of its lock.
  const std::vector<const PackageRecord*>& installed() const { return installed_; }
  bool is_excluded(std::string_view name) const { return excluded_.count(name) != 0; }
  /// Every listed version of a name, candidate or not.
  std::vector<const PackageRecord*> versions(std::string_view name) const {
    return catalogue_.versions(name);
  }

  const Catalogue& catalogue() const { return catalogue_; }
  const RepoIndex& index() const { return catalogue_.index(); }
  const ResolveRequest& request() const { return request_; }

 private:
  struct Choice {
    const PackageRecord* record = nullptr;
    int priority = 0;
    bool preferred = false;
  };

  /// What the request says of a name.
  struct Wanted {
    std::optional<PackageSpec> spec;  ///< an include that names a version or a suite
    bool excluded = false;
    const LockedPackage* preferred = nullptr;
  };

  void take_wishes();
  void consider(const PackageRecord& record, std::uint32_t number);
  void fix_installed();
  const PackageRecord& installed_record(const LockedPackage& package);
  std::vector<Catalogue::Provision> chosen_provisions() const;
  void collect_providers();

  const Catalogue& catalogue_;
  const ResolveRequest& request_;
  std::unordered_set<std::string_view> excluded_;
  std::vector<Wanted> names_wanted_;           ///< by number of the name
  std::vector<Choice> choices_;                ///< by number of the name; those of gone_ have none
  std::vector<Provider> providers_;            ///< grouped by provided name
  std::vector<std::uint32_t> first_provider_;  ///< by number of the name, in providers_
  std::vector<const PackageRecord*> installed_;
  std::deque<PackageRecord> unlisted_;  ///< records of installed packages that the index no longer lists
  std::unordered_map<std::string_view, const PackageRecord*> gone_;  ///< those of which it lists no version
};

}  // namespace bootstrap
