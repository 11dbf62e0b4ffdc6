// Who uses a store: the images that were built with it, wherever their folders are, so that tidying up for
// one folder takes nothing from another.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "store/collect.h"
#include "store/store.h"

namespace bootstrap {

/// An image, and what it needs of the store, as far as builds have told.
struct StoreUser {
  std::filesystem::path folder;  ///< absolute; the image's own is in it
  std::string image;
  StoreRoots needs;
  std::chrono::system_clock::time_point last_use;
};

/// Adds to what an image is known to need.
void note_user(const Store& store, const std::filesystem::path& folder, const std::string& image,
               const StoreRoots& needs);
/// All that were noted; damaged notes are passed over.
std::vector<StoreUser> store_users(const Store& store);
/// Forgets an image, if it is known.
void forget_user(const Store& store, const std::filesystem::path& folder, const std::string& image);

}  // namespace bootstrap
