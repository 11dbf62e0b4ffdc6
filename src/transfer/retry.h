// What to do after a failed request: try again later, try the next URL, or give up. Decisions only; no clock,
// no network.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace bootstrap {

enum class FailureKind {
  kTransient,    ///< may pass: timeout, reset, cut, 5xx, 429
  kNotFound,     ///< this URL does not have it: 404, no such file
  kPermanent,    ///< this URL will not give it: 403, bad certificate, forbidden redirect
  kWrongContent  ///< it gave something else: size or digest differ
};

struct Failure {
  FailureKind kind;
  std::string reason;  ///< for the error message, without the URL
  std::chrono::seconds retry_after{0};
};

/// What an HTTP status that is not wanted means.
Failure failure_of_status(long status, std::chrono::seconds retry_after);

/// How long to wait before attempt number `attempt` + 1 (`attempt` >= 1 have failed): `base` doubled with
/// each attempt, at most 30 s, of which a random part between half and all is taken, so that many clients of
/// a server that fell over do not come back in step. `jitter` is in [0, 1).
std::chrono::milliseconds backoff(std::chrono::milliseconds base, unsigned attempt, double jitter);

/// A server that wants to be left alone for longer than this is as good as down.
inline constexpr std::chrono::seconds kLongestWait{120};

/// What a failed attempt came to.
struct Attempt {
  std::uint64_t kept = 0;  ///< bytes of the file that are here, from which the next attempt can go on
  std::uint64_t size = 0;  ///< that the file may have
  std::chrono::milliseconds took{0};
};

/// Lines that end connections now and then do so many times in a large file. So an attempt that got further
/// than any before does not count, as long as all of them together take no longer than one that is not cut
/// may take.
struct RetryPolicy {
  unsigned attempts = 4;  ///< per URL, in a row, that get no further
  std::chrono::milliseconds backoff_base{500};
  std::chrono::seconds patience{60};
  std::uint64_t slowest = 8192;  ///< bytes per second
};

/// Walks the URLs of one file.
class UrlWalk {
 public:
  UrlWalk(std::vector<std::string> urls, RetryPolicy policy) : urls_(std::move(urls)), policy_(policy) {}

  /// True when there is no URL left to try.
  bool exhausted() const { return index_ >= urls_.size(); }
  /// The URL to try now; not when exhausted().
  const std::string& url() const { return urls_[index_]; }

  /// Takes note that url() failed and moves on. Returns how long to wait before url() is tried, which may be
  /// the same or the next one; nullopt when nothing is left to try.
  std::optional<std::chrono::milliseconds> advance(const Failure& failure, const Attempt& attempt,
                                                   double jitter);

  /// True when every URL was tried and none has the file.
  bool not_found_everywhere() const { return exhausted() && !urls_.empty() && not_found_ == urls_.size(); }

  /// What to throw when nothing is left: kUntrusted when wrong content was served, else kNetwork; names
  /// `label` and every URL with its reason.
  Error error(const std::string& label) const;

 private:
  bool got_further(const Attempt& attempt) const;

  std::vector<std::string> urls_;
  RetryPolicy policy_;
  std::size_t index_ = 0;
  unsigned attempt_ = 0;                ///< failed ones of the URL at index_, since there was progress
  std::uint64_t most_kept_ = 0;         ///< when there last was
  std::chrono::milliseconds spent_{0};  ///< on the URL at index_
  std::size_t not_found_ = 0;
  std::size_t wrong_content_ = 0;
  std::vector<std::string> reasons_;
};

}  // namespace bootstrap
