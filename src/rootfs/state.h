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
  /// What the layers show below the state: parents and own packages without what is masked.
  LayerView shown;
};

/// When the scripts ran whose traces a tree has, in seconds; by default they did not.
struct ClockSpan {
  std::int64_t begin = 1;
  std::int64_t end = 0;

  bool holds(std::int64_t time) const { return begin <= time && time <= end; }
};

/// `parents` is what the ancestors' layers show, `own` the recipe's packages in install order. Times alone
/// are no difference: a file keeps the time its package gave it. What was changed while scripts ran has
/// `newest_mtime` also where the machine's clock is behind that.
StateDifference find_difference(const LayerView& parents, const std::vector<const Segment*>& own,
                                const Listing& tree, std::int64_t newest_mtime, ClockSpan scripts = {});

}  // namespace bootstrap
