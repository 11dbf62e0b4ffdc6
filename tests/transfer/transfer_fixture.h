// A fetcher with short waits.
#pragma once

#include <vector>

#include "base/error.h"
#include "fetch/fetch_fixture.h"
#include "transfer/curl_fetcher.h"

namespace bootstrap {

struct TransferFixture : FetchFixture {
  static FetchOptions options() {
    FetchOptions options;
    options.attempts = 3;
    options.backoff_base = std::chrono::milliseconds(2);
    options.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  void fetch(const std::vector<Download>& downloads) {
    make_curl_fetcher(store, options())->fetch(downloads, {}, {});
  }
  /// What fetching it throws; fails the test when it does not.
  Error failure(const Download& wanted) {
    try {
      fetch({wanted});
    } catch (const Error& error) {
      INFO(error.message());
      CHECK(error.message().starts_with("hello 1.0: cannot be fetched: "));
      CHECK_FALSE(error.hint().empty());
      CHECK_FALSE(std::filesystem::exists(path_of(store, wanted)));
      return error;
    }
    FAIL("it was fetched");
    return Error(ErrorKind::kFailure, "");
  }
};

}  // namespace bootstrap
