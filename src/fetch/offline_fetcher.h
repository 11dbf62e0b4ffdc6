// For --offline.
#pragma once

#include <memory>

#include "fetch/fetcher.h"
#include "store/store.h"

namespace bootstrap {

/// Serves what the store has and throws kNetwork, naming the file, for the rest. `store` must outlive the
/// fetcher.
std::unique_ptr<Fetcher> make_offline_fetcher(const Store& store);

}  // namespace bootstrap
