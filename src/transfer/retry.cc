#include "transfer/retry.h"

#include <algorithm>

#include "fetch/url.h"

namespace bootstrap {

namespace {

/// A second mirror that serves the same wrong content will not be outvoted by a third.
constexpr std::size_t kWrongContentLimit = 2;

}  // namespace

Failure failure_of_status(long status, std::chrono::seconds retry_after) {
  constexpr long kRequestTimeout = 408;
  constexpr long kTooManyRequests = 429;
  std::string reason = "HTTP " + std::to_string(status);
  if (status == 404 || status == 410)
    return {FailureKind::kNotFound, reason + " (not found)"};
  if (status >= 500 || status == kRequestTimeout || status == kTooManyRequests)
    return {FailureKind::kTransient, reason, retry_after};
  return {FailureKind::kPermanent, reason};
}

std::chrono::milliseconds backoff(std::chrono::milliseconds base, unsigned attempt, double jitter) {
  constexpr std::chrono::milliseconds kCeiling{30'000};
  constexpr unsigned kMaxDoublings = 16;  // far beyond the ceiling, far below overflow
  const unsigned doublings = std::min(attempt == 0 ? 0 : attempt - 1, kMaxDoublings);
  const double full = std::min(kCeiling, base * (1U << doublings)).count();
  return std::chrono::milliseconds(static_cast<long>(full / 2 + full / 2 * jitter));
}

bool UrlWalk::got_further(const Attempt& attempt) const {
  const std::chrono::duration<double> limit =
      policy_.patience +
      std::chrono::duration<double>(static_cast<double>(attempt.size) / static_cast<double>(policy_.slowest));
  return attempt.kept > most_kept_ && spent_ < limit;
}

std::optional<std::chrono::milliseconds> UrlWalk::advance(const Failure& failure, const Attempt& attempt,
                                                          double jitter) {
  spent_ += attempt.took;
  if (got_further(attempt)) {
    most_kept_ = attempt.kept;
    attempt_ = 0;
  }
  ++attempt_;
  if (failure.kind == FailureKind::kTransient && attempt_ < policy_.attempts &&
      failure.retry_after <= kLongestWait) {
    const auto wait = std::max<std::chrono::milliseconds>(backoff(policy_.backoff_base, attempt_, jitter),
                                                          failure.retry_after);
    spent_ += wait;
    return wait;
  }
  std::string reason = shown_url(url()) + ": " + failure.reason;
  if (attempt_ > 1)
    reason += " (" + std::to_string(attempt_) + " attempts)";
  reasons_.push_back(std::move(reason));
  if (failure.kind == FailureKind::kNotFound)
    ++not_found_;
  if (failure.kind == FailureKind::kWrongContent && ++wrong_content_ == kWrongContentLimit)
    index_ = urls_.size();
  else
    ++index_;
  attempt_ = 0;
  spent_ = std::chrono::milliseconds(0);
  if (exhausted())
    return std::nullopt;
  return std::chrono::milliseconds(0);
}

Error UrlWalk::error(const std::string& label) const {
  std::string message = label + ": cannot be fetched";
  for (std::size_t i = 0; i < reasons_.size(); ++i)
    message += (i == 0 ? ": " : "; ") + reasons_[i];
  if (wrong_content_ > 0) {
    return Error(
        ErrorKind::kUntrusted, message,
        "it is not the file that the signed index or the lock names: the mirror may be damaged or in "
        "the middle of an update; try again later, or another mirror (--mirror NAME=URL)");
  }
  if (urls_.empty())
    return Error(ErrorKind::kNetwork, message + ": no URL is known", "name a mirror with --mirror NAME=URL");
  if (not_found_everywhere())
    return Error(ErrorKind::kNetwork, message,
                 "name a mirror that still has it (--mirror NAME=URL), or choose newer versions with "
                 "bootstrap update");
  return Error(ErrorKind::kNetwork, message,
               "check the network and the proxy settings, or try another mirror (--mirror NAME=URL)");
}

}  // namespace bootstrap
