// The Fetcher that talks to the network, on libcurl's multi interface: parallel, keep-alive or HTTP/2,
// resumed and retried with backoff, hashed while it streams, size-limited.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "fetch/fetcher.h"
#include "store/store.h"
#include "transfer/access.h"

namespace bootstrap {

struct FetchOptions {
  unsigned parallel = 8;
  /// Per URL, for failures that may pass (timeouts, 5xx, 429, cut connections); those that brought a part of
  /// the file do not count: see RetryPolicy.
  unsigned attempts = 4;
  std::chrono::milliseconds backoff_base{500};  ///< wait after the first failed attempt; doubles
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::seconds stall_timeout{30};  ///< without data worth mentioning
  /// A server that sends a few bytes now and then must not hold a run up for ever: a request may take this
  /// long, and longer by what it brings at the slowest rate that is put up with. What has come is kept, and
  /// the next attempt goes on from there.
  std::chrono::seconds patience{60};
  std::uint64_t slowest = 8192;  ///< bytes per second
  Access access;
};

/// Honours the proxy variables that curl knows. `store` must outlive the fetcher.
std::unique_ptr<Fetcher> make_curl_fetcher(const Store& store, const FetchOptions& options = {});

}  // namespace bootstrap
