// libcurl's handles, owned.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "base/error.h"

namespace bootstrap {

struct CurlEasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CurlMultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct CurlListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

/// Make a handle, starting libcurl first if need be. Throw kFailure.
CurlEasy make_curl_easy();
CurlMulti make_curl_multi();

/// Appends a request header.
void append_header(CurlList& list, const std::string& line);

/// Throws kFailure unless the option was taken, which only fails when libcurl is older than we need or out of
/// memory.
template <typename Value>
void set_option(const CurlEasy& handle, CURLoption option, Value value) {
  if (CURLcode code = curl_easy_setopt(handle.get(), option, value); code != CURLE_OK)
    throw Error(ErrorKind::kFailure, std::string("libcurl: ") + curl_easy_strerror(code));
}

/// Throws kFailure for anything but success.
void check_multi(CURLMcode code);

}  // namespace bootstrap
