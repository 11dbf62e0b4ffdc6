// Where the answer to a request goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/retry.h"

namespace bootstrap {

/// What to ask for besides the URL.
struct RequestHead {
  std::uint64_t offset = 0;          ///< first byte wanted; 0 asks for the whole
  std::uint64_t bytes = 0;           ///< how much may come, from there on
  std::vector<std::string> headers;  ///< whole lines: "If-None-Match: ..."
};

/// What was answered, before the content.
struct ResponseHead {
  long status = 0;  ///< of HTTP; 0 for file://
  std::optional<std::uint64_t> content_length;
  std::chrono::seconds retry_after{0};
  std::string content_type;
  std::string content_encoding;
  std::string content_range;
  std::string etag;
  std::string last_modified;
  std::string url;  ///< that answered, after redirects, as it may be shown
};

/// The receiving end of one file, over all its attempts. Every answer, good or bad, goes through begin(),
/// then write() any number of times, then finish(); a Failure ends the attempt.
class Receiver {
 public:
  enum class Readiness {
    kRequest,  ///< send the request
    kDone,     ///< nothing is left to fetch
    kBusy      ///< somebody else is fetching it: ask again soon
  };

  virtual ~Receiver() = default;
  /// Before each attempt; fills in the request.
  virtual Readiness prepare(const std::string& url, RequestHead& request) = 0;
  virtual std::optional<Failure> begin(const ResponseHead& response) = 0;
  virtual std::optional<Failure> write(std::string_view data) = 0;
  virtual std::optional<Failure> finish() = 0;
  /// After a failure: how many bytes are here for the next attempt to go on from.
  virtual std::uint64_t kept() const = 0;
};

}  // namespace bootstrap
