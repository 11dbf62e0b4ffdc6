// Downloads that are in the store already.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "fetch/fetcher.h"
#include "store/store.h"

namespace bootstrap {

/// Where a download lives, or will live.
std::filesystem::path path_of(const Store& store, const Download& download);

/// True when the store has it and its size and digest hold. A damaged copy is removed.
bool is_stored(const Store& store, const Download& download);

/// Checks all of them at once, on every core: element i says whether downloads[i] is there. The hashing is
/// most of what a build with a full store spends before it starts.
std::vector<bool> find_stored(const Store& store, std::span<const Download> downloads);

}  // namespace bootstrap
