#include "transfer/curl_handle.h"

#include <new>

namespace bootstrap {

namespace {

void start_libcurl() {
  // Once per process, and never undone: other fetchers may still be at work when one goes.
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw Error(ErrorKind::kFailure, std::string("cannot start libcurl: ") + curl_easy_strerror(code));
}

}  // namespace

CurlEasy make_curl_easy() {
  start_libcurl();
  CurlEasy handle(curl_easy_init());
  if (!handle)
    throw std::bad_alloc();
  return handle;
}

CurlMulti make_curl_multi() {
  start_libcurl();
  CurlMulti handle(curl_multi_init());
  if (!handle)
    throw std::bad_alloc();
  return handle;
}

void append_header(CurlList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr)
    throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

void check_multi(CURLMcode code) {
  if (code != CURLM_OK)
    throw Error(ErrorKind::kFailure, std::string("libcurl: ") + curl_multi_strerror(code));
}

}  // namespace bootstrap
