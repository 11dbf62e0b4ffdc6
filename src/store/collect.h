// Garbage of the store: what no image needs, what was not used for long, and what runs that died left behind.
#pragma once

#include <chrono>
#include <set>

#include "base/digest.h"
#include "store/garbage.h"
#include "store/store.h"

namespace bootstrap {

/// What stays, whatever its age.
struct StoreRoots {
  std::set<Digest> packages;  ///< their downloads and segments
  std::set<Digest> blobs;
};

/// Collects downloads, segments, layers and blobs that `roots` do not name, leftovers of dead runs, and of
/// the other areas, whose objects nothing names, what was neither made nor read within `unused`. The caller
/// must have claimed the store.
void collect(const Store& store, const StoreRoots& roots, std::chrono::hours unused, Garbage& garbage);

}  // namespace bootstrap
