// Garbage of the store: what no image needs, what was not used for long, and what runs that died left behind.
#pragma once

#include <chrono>
#include <set>

#include "base/digest.h"
#include "store/garbage.h"
#include "store/store.h"

namespace bootstrap {

/// What images need.
struct StoreRoots {
  std::set<Digest> packages;  ///< their downloads and segments
  std::set<Digest> blobs;
};

/// Collects leftovers of dead runs, and what was neither made nor read within `unused`, but for what `needed`
/// names, which stays whatever its age. What only `released` names goes at once. Notes of who uses the store
/// stay. The caller must have claimed the store.
void collect(const Store& store, const StoreRoots& needed, const StoreRoots& released,
             std::chrono::hours unused, Garbage& garbage);

}  // namespace bootstrap
