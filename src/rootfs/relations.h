// Relations between packages, as far as unpacking and configuring need them (Debian policy 7): whether a
// package may be configured yet, and whether it may take over another's file. What is to be installed at all
// was decided long before, by the lock.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "package/segment.h"

namespace bootstrap {

/// Whether `taker` declares Replaces for `owner`.
bool replaces(const Segment& taker, const Segment& owner);
/// Whether the file `path` of both packages becomes `taker`'s: yes by its Replaces, no by that of `owner`.
/// Throws kFailure naming both when neither declares any.
bool may_take_over(const Segment& taker, const Segment& owner, const std::string& path);

/// What is unpacked and what is configured while a tree is built, with the names that packages provide.
class ConfigureQueue {
 public:
  void add_configured(const Segment& package);
  void add_unpacked(const Segment& package);

  /// Whether all Pre-Depends of `package` are configured, as they must be before its preinst or unpacking.
  bool may_unpack(const Segment& package) const;
  /// The unpacked packages that can be configured with what is unpacked now, in the order of unpacking.
  std::vector<const Segment*> ready() const;
  /// To be called once they are configured.
  void mark_configured(const std::vector<const Segment*>& packages);
  void mark_all_configured();
  bool is_configured(const std::string& name) const { return configured_.count(name) > 0; }

 private:
  std::multiset<std::string> configured_;  ///< real and provided names
  std::vector<const Segment*> unpacked_;
};

}  // namespace bootstrap
