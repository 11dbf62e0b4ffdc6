// The Fetcher that has a program of its own do the talking: whatever a server says, in TLS, HTTP or the name
// service, is read by bootstrap-downloader, which may write into two folders of the store and into nothing
// else, and start nothing (transfer/confinement.h). What it brings is verified again where it is used.
// And bootstrap itself need not load libcurl and its thirty libraries when there is nothing to fetch.
#pragma once

#include <filesystem>
#include <memory>

#include "fetch/fetcher.h"
#include "store/store.h"

namespace bootstrap {

/// `program` is started when something must be fetched for the first time, and ends with the fetcher. `store`
/// must outlive the fetcher.
std::unique_ptr<Fetcher> make_separate_fetcher(const Store& store, std::filesystem::path program);

}  // namespace bootstrap
