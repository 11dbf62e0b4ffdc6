// What configuring leaves behind that must not be in an image: logs, caches, backups, locks, what belongs to
// one machine, and secrets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rootfs/layer_view.h"
#include "rootfs/listing.h"
#include "rootfs/state_rules.h"
#include "rootfs/tree.h"

namespace bootstrap {

/// Changes files in the tree whose content depends on when or where it was built: empties etc/machine-id, and
/// makes others canonical (rootfs/canonical_files.h).
void normalise_files(const Tree& tree, std::int64_t newest_mtime);

/// What drop_leftovers() took out.
struct Leftovers {
  std::vector<std::string> paths;  ///< directories before what is in them
  std::vector<std::string> notes;  ///< for the user, about secrets and databases
};
/// Takes out of the listing what the rules do not let stay, unless a layer ships it and the recipe did not
/// ask.
Leftovers drop_leftovers(Listing& listing, const LayerView& layers, const StateRuleBook& rules);

/// Empties the files of the tree that the rules want empty; when it returns notes, the listing is of before.
std::vector<std::string> empty_files(const Tree& tree, const Listing& listing, const LayerView& layers,
                                     const StateRuleBook& rules);

}  // namespace bootstrap
