// One request and its answer on one libcurl handle.
#pragma once

#include <array>
#include <exception>
#include <optional>
#include <string>
#include <variant>

#include "transfer/curl_fetcher.h"
#include "transfer/curl_handle.h"
#include "transfer/receiver.h"

namespace bootstrap {

/// How a transfer ended.
struct Complete {};
struct Redirect {
  std::string url;
};
using Outcome = std::variant<Complete, Redirect, Failure>;

/// Configured for `url`, ready to be added to a multi handle. Redirects are not followed but returned, so
/// that each hop can be judged.
class Transfer {
 public:
  Transfer(std::string url, const RequestHead& request, Receiver& receiver, const FetchOptions& options);
  Transfer(const Transfer&) = delete;  // libcurl holds its address
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  /// What became of it, once libcurl is done with the handle. Rethrows what the receiver threw.
  Outcome finish(CURLcode code);

 private:
  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self);
  bool take(std::string_view data);
  void begin();
  ResponseHead response_head() const;
  std::string header(const char* name) const;
  long status() const;
  Failure failure_of_curl(CURLcode code) const;

  std::string url_;
  Receiver& receiver_;
  CurlList headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  CurlEasy handle_;
  bool begun_ = false;
  std::size_t drained_ = 0;
  std::optional<Failure> failure_;
  std::exception_ptr exception_;
};

}  // namespace bootstrap
