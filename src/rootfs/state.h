// The state: how the configured tree differs from what the layers of its packages (over the parents' layers)
// say. Pure: metadata in, metadata out.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "package/segment.h"
#include "rootfs/layer_view.h"
#include "rootfs/listing.h"

namespace bootstrap {

struct StateDifference {
  /// What the state layer must hold: changed and new paths and whiteouts, sorted by path; a hard link comes
  /// after its target. mtimes are at most `newest_mtime`, those of directories equal it.
  std::vector<Entry> entries;
  /// Files of own packages that the tree does not have as shipped, by package.
  std::map<std::string, std::set<std::string>> masked;
};

/// `parents` is what the ancestors' layers show, `own` the recipe's packages in install order. Times alone
/// are no difference: a file keeps the time its package gave it.
StateDifference find_difference(const LayerView& parents, const std::vector<const Segment*>& own,
                                const Listing& tree, std::int64_t newest_mtime);

}  // namespace bootstrap
