// Runs many transfers at once on one libcurl multi handle, in the calling thread: each file with its list of
// URLs, its retries and its redirects.
#pragma once

#include <functional>
#include <random>
#include <span>
#include <string>

#include "transfer/curl_fetcher.h"
#include "transfer/curl_handle.h"
#include "transfer/receiver.h"
#include "transfer/retry.h"

namespace bootstrap {

/// One file to be fetched.
struct TransferJob {
  UrlWalk walk;
  Receiver& receiver;
};

/// What the caller wants to hear of. Exceptions thrown here end the run.
struct TransferEvents {
  std::function<void(std::size_t)> complete;   ///< the job with this index has its file
  std::function<void(std::size_t)> exhausted;  ///< every URL of this job failed; see its walk
  std::function<void()> tick;                  ///< at least ten times a second
};

class TransferLoop {
 public:
  explicit TransferLoop(const FetchOptions& options);

  /// Returns when every job has ended. Connections stay open for the next run.
  void run(std::span<TransferJob> jobs, const TransferEvents& events);

 private:
  FetchOptions options_;
  CurlMulti multi_;
  std::mt19937 random_;
};

}  // namespace bootstrap
