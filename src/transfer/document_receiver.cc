#include "transfer/document_receiver.h"

#include <algorithm>

#include "fetch/url.h"

namespace bootstrap {

Receiver::Readiness DocumentReceiver::prepare(const std::string& url, RequestHead& request) {
  conditional_ = false;
  offset_ = received_.url == shown_url(url) ? kept() : 0;
  request.offset = offset_;
  request.bytes = request_.max_size - offset_;
  if (offset_ > 0) {
    request.headers.push_back("If-Range: " + received_.etag);
    return Readiness::kRequest;
  }
  document_ = {};
  received_ = {};
  received_.url = shown_url(url);
  // Validators mean nothing to a server that did not make them.
  if (!kept_ || kept_->absent || kept_->url != received_.url)
    return Readiness::kRequest;
  if (!kept_->etag.empty())
    request.headers.push_back("If-None-Match: " + kept_->etag);
  else if (!kept_->last_modified.empty())
    request.headers.push_back("If-Modified-Since: " + kept_->last_modified);
  conditional_ = !request.headers.empty();
  return Readiness::kRequest;
}

std::optional<Failure> DocumentReceiver::begin(const ResponseHead& response) {
  constexpr long kOk = 200;
  constexpr long kPartialContent = 206;
  constexpr long kNotModified = 304;
  document_.url = response.url;
  document_.not_modified = conditional_ && response.status == kNotModified;
  if (document_.not_modified)
    return std::nullopt;
  if (offset_ > 0 && response.status == kPartialContent)
    return begin_rest(response);
  if (response.status != kOk && response.status != 0)
    return failure_of_status(response.status, response.retry_after);
  if (!response.content_encoding.empty() && response.content_encoding != "identity") {
    return Failure{FailureKind::kPermanent, "it comes with Content-Encoding \"" +
                                                shown_text(response.content_encoding) +
                                                "\", which nobody asked for"};
  }
  document_.content.clear();
  received_.etag.clear();
  received_.last_modified.clear();
  if (response.content_length)
    document_.content.reserve(std::min(*response.content_length, request_.max_size));
  // A login page must not pose as the newest version for ever.
  if (!response.content_type.starts_with("text/html")) {
    received_.etag = response.etag;
    received_.last_modified = response.last_modified;
  }
  return std::nullopt;
}

bool DocumentReceiver::can_continue() const {
  return received_.etag.starts_with('"') && !document_.content.empty();
}

std::optional<Failure> DocumentReceiver::begin_rest(const ResponseHead& response) {
  if (response.content_range.starts_with("bytes " + std::to_string(offset_) + "-"))
    return std::nullopt;
  document_.content.clear();
  return Failure{FailureKind::kTransient, "the server cannot continue an interrupted answer"};
}

std::optional<Failure> DocumentReceiver::write(std::string_view data) {
  if (document_.not_modified)
    return std::nullopt;
  if (data.size() > request_.max_size - document_.content.size()) {
    return Failure{FailureKind::kPermanent,
                   "it is longer than the " + std::to_string(request_.max_size) + " bytes allowed"};
  }
  document_.content.append(data);
  return std::nullopt;
}

std::optional<Failure> DocumentReceiver::finish() {
  if (document_.not_modified) {
    document_.content = kept_->content;
    return std::nullopt;
  }
  received_.content = document_.content;
  keep(store_, request_.name, received_);
  return std::nullopt;
}

}  // namespace bootstrap
