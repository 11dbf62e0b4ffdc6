#include "transfer/transfer.h"

#include <algorithm>
#include <cstdint>

#include "fetch/url.h"

namespace bootstrap {

namespace {

/// The body of an error page or a redirect is read and dropped up to here, so that the connection can be used
/// again.
constexpr std::size_t kMaxDrained = 64 * 1024;
constexpr long kBufferSize = 256 * 1024;
/// Slower than this, in bytes per second, counts as standing still.
constexpr long kStallSpeed = 100;

/// Each hop is judged anew: libcurl looks its host up in the netrc file and takes nothing along from another
/// URL. Passwords go over https only: whoever controls the network could redirect a plain request to any host
/// of the file, and listen.
void grant(const CurlEasy& handle, std::string_view url, const Access& access) {
  if (scheme_of(url) != "https")
    return;
  if (!access.netrc.empty()) {
    set_option(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    set_option(handle, CURLOPT_NETRC_FILE, access.netrc.c_str());
  }
  if (!access.authorities.empty())
    set_option(handle, CURLOPT_CAINFO, access.authorities.c_str());
  if (!access.client_certificate.empty()) {
    set_option(handle, CURLOPT_SSLCERT, access.client_certificate.c_str());
    set_option(handle, CURLOPT_SSLKEY,
               (access.client_key.empty() ? access.client_certificate : access.client_key).c_str());
    set_option(handle, CURLOPT_KEYPASSWD, "");  // else OpenSSL would ask the terminal for a passphrase
  }
}

/// In seconds. libcurl counts milliseconds in 31 bits, and takes nothing that does not fit.
long timeout_of(const RequestHead& request, const FetchOptions& options) {
  constexpr std::uint64_t kLongest = INT32_MAX / 1000;
  const auto patience = static_cast<std::uint64_t>(options.patience.count());
  return static_cast<long>(std::min(patience + request.bytes / options.slowest, kLongest));
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Transfer::Transfer(std::string url, const RequestHead& request, Receiver& receiver,
                   const FetchOptions& options)
    : url_(std::move(url)), receiver_(receiver), handle_(make_curl_easy()) {
  set_option(handle_, CURLOPT_URL, url_.c_str());
  set_option(handle_, CURLOPT_PROTOCOLS_STR, "http,https,file");
  set_option(handle_, CURLOPT_NOSIGNAL, 1L);
  set_option(handle_, CURLOPT_USERAGENT, "bootstrap");
  set_option(handle_, CURLOPT_ERRORBUFFER, error_text_.data());
  set_option(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_data);
  set_option(handle_, CURLOPT_WRITEDATA, this);
  set_option(handle_, CURLOPT_BUFFERSIZE, kBufferSize);
  set_option(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set_option(handle_, CURLOPT_LOW_SPEED_LIMIT, kStallSpeed);
  set_option(handle_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  set_option(handle_, CURLOPT_TIMEOUT, timeout_of(request, options));
  // Waiting for the first connection to show whether it can be shared only pays where HTTP/2 may be spoken.
  set_option(handle_, CURLOPT_PIPEWAIT, scheme_of(url_) == "https" ? 1L : 0L);
  grant(handle_, url_, options.access);
  if (request.offset > 0)
    set_option(handle_, CURLOPT_RANGE, (std::to_string(request.offset) + "-").c_str());
  for (const std::string& line : request.headers)
    append_header(headers_, line);
  set_option(handle_, CURLOPT_HTTPHEADER, headers_.get());
}

std::size_t Transfer::on_data(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    return transfer->take({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  } catch (...) {
    // No exception may pass through libcurl, which is C.
    transfer->exception_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

bool Transfer::take(std::string_view data) {
  if (!is_redirect(status()) && !begun_)
    begin();
  if (!begun_ || failure_) {
    drained_ += data.size();
    return drained_ <= kMaxDrained;
  }
  failure_ = receiver_.write(data);
  return !failure_;
}

void Transfer::begin() {
  begun_ = true;
  failure_ = receiver_.begin(response_head());
}

Outcome Transfer::finish(CURLcode code) {
  if (exception_)
    std::rethrow_exception(exception_);
  if (failure_)
    return *failure_;
  if (is_redirect(status())) {
    const char* target = nullptr;
    curl_easy_getinfo(handle_.get(), CURLINFO_REDIRECT_URL, &target);
    if (target == nullptr)
      return Failure{FailureKind::kPermanent, "HTTP " + std::to_string(status()) + " without a target"};
    return Redirect{target};
  }
  if (code != CURLE_OK)
    return failure_of_curl(code);
  if (!begun_)
    begin();  // the answer had no body
  if (!failure_)
    failure_ = receiver_.finish();
  if (failure_)
    return *failure_;
  return Complete{};
}

long Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string Transfer::header(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
    return {};
  return found->value;
}

ResponseHead Transfer::response_head() const {
  ResponseHead head;
  head.status = status();
  curl_off_t length = -1;
  curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length >= 0)
    head.content_length = static_cast<std::uint64_t>(length);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &retry_after);
  head.retry_after = std::chrono::seconds(retry_after);
  head.content_type = header("Content-Type");
  head.content_encoding = header("Content-Encoding");
  head.content_range = header("Content-Range");
  head.etag = header("ETag");
  head.last_modified = header("Last-Modified");
  head.url = shown_url(url_);
  return head;
}

Failure Transfer::failure_of_curl(CURLcode code) const {
  const std::string reason =
      shown_text(error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code));
  switch (code) {
    case CURLE_FILE_COULDNT_READ_FILE:
      return {FailureKind::kNotFound, "no such file, or not readable"};
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {FailureKind::kTransient, reason};
    default:
      return {FailureKind::kPermanent, reason};
  }
}

}  // namespace bootstrap
