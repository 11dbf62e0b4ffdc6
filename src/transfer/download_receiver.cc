#include "transfer/download_receiver.h"

#include "fetch/stored_download.h"
#include "fetch/url.h"

namespace bootstrap {

namespace {

constexpr long kOk = 200;
constexpr long kPartialContent = 206;
constexpr long kRangeNotSatisfiable = 416;

Failure wrong_length(const ResponseHead& response, std::uint64_t length, std::uint64_t expected) {
  std::string reason =
      "it is " + std::to_string(length) + " bytes long instead of " + std::to_string(expected);
  // What a hotel's login page and a proxy's error page have in common.
  if (response.content_type.starts_with("text/html"))
    reason += " (a web page: is a captive portal or a proxy in between?)";
  return {FailureKind::kWrongContent, reason};
}

}  // namespace

Receiver::Readiness DownloadReceiver::prepare(const std::string& url, RequestHead& request) {
  if (!part_) {
    if (auto part = PartFile::open(store_.path(Store::Area::kDownload, download_.sha256.hex() + ".part")))
      part_.emplace(std::move(*part));
    else
      return Readiness::kBusy;
    // Whoever was fetching it until now may have finished.
    if (is_stored(store_, download_)) {
      part_.reset();
      return Readiness::kDone;
    }
  }
  if (part_->size() == download_.size && commit_if_right())
    return Readiness::kDone;
  // There is nothing to be won by resuming a local file.
  if (part_->size() >= download_.size || scheme_of(url) == "file")
    part_->restart();
  offset_ = part_->size();
  request.offset = offset_;
  request.bytes = download_.size - offset_;
  return Readiness::kRequest;
}

std::optional<Failure> DownloadReceiver::begin(const ResponseHead& response) {
  const bool whole = response.status == kOk || response.status == 0;
  if (!whole && !(offset_ > 0 && response.status == kPartialContent)) {
    if (offset_ > 0 && response.status == kRangeNotSatisfiable) {
      part_->restart();
      return Failure{FailureKind::kTransient, "the server cannot continue an interrupted download"};
    }
    return failure_of_status(response.status, response.retry_after);
  }
  if (!whole)
    return begin_rest(response);
  // A server may ignore that only the rest was asked for.
  if (part_->size() > 0)
    part_->restart();
  if (response.content_length && *response.content_length != download_.size)
    return wrong_length(response, *response.content_length, download_.size);
  return std::nullopt;
}

std::optional<Failure> DownloadReceiver::begin_rest(const ResponseHead& response) {
  const std::string expected = "bytes " + std::to_string(offset_) + "-" + std::to_string(download_.size - 1) +
                               "/" + std::to_string(download_.size);
  if (response.content_range == expected)
    return std::nullopt;
  // The part may be of another version of the file, or the server confused; either way start over.
  part_->restart();
  return Failure{FailureKind::kTransient, "it answers with the range \"" +
                                              shown_text(response.content_range) + "\" instead of \"" +
                                              expected + '"'};
}

std::optional<Failure> DownloadReceiver::write(std::string_view data) {
  if (data.size() > download_.size - part_->size()) {
    part_->restart();
    return Failure{FailureKind::kWrongContent,
                   "it is longer than the " + std::to_string(download_.size) + " bytes it should have"};
  }
  part_->append(data);
  return std::nullopt;
}

std::optional<Failure> DownloadReceiver::finish() {
  if (part_->size() < download_.size) {
    return Failure{FailureKind::kTransient, "it ends after " + std::to_string(part_->size()) + " of " +
                                                std::to_string(download_.size) + " bytes"};
  }
  if (commit_if_right())
    return std::nullopt;
  part_->restart();
  // Perhaps only the beginning, from an earlier attempt, was wrong.
  if (offset_ > 0)
    return Failure{FailureKind::kTransient, "an interrupted download could not be continued"};
  return Failure{FailureKind::kWrongContent, "wrong SHA-256: it should be " + download_.sha256.hex()};
}

bool DownloadReceiver::commit_if_right() {
  if (part_->finish() != download_.sha256)
    return false;
  part_->commit(path_of(store_, download_));
  part_.reset();
  return true;
}

}  // namespace bootstrap
