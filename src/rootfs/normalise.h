// What configuring leaves behind that must not be in an image: logs, caches, backups, locks, what belongs to
// one machine, and secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rootfs/layer_view.h"
#include "rootfs/listing.h"
#include "rootfs/tree.h"

namespace bootstrap {

/// Changes files in the tree whose content depends on when or where it was built: empties etc/machine-id,
/// takes dates in etc/shadow back to the day of `newest_mtime`, and gives the entries of Java's keystore that
/// time.
void normalise_files(const Tree& tree, std::int64_t newest_mtime);

/// What drop_leftovers() took out.
struct Leftovers {
  std::vector<std::string> paths;  ///< directories before what is in them
  std::vector<std::string> notes;  ///< for the user, about secrets and databases
};
/// Takes out of the listing what is never kept, unless a layer ships it.
Leftovers drop_leftovers(Listing& listing, const LayerView& layers);

/// A shadow file (shadow(5)) whose dates of the last change are at most `day` (days since 1970).
std::string clamp_shadow_dates(std::string_view shadow, std::int64_t day);

/// What happens to a path that no package ships.
enum class Leftover { kKeep, kDrop, kSecret, kDatabase };
Leftover judge_leftover(const std::string& path);

}  // namespace bootstrap
