#include "transfer/transfer_loop.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include "fetch/url.h"
#include "transfer/transfer.h"

namespace bootstrap {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kMaxRedirects = 5;
/// Between ticks, and between looks at a file that another process is fetching.
constexpr std::chrono::milliseconds kPause{100};

/// Of a file URL: something is there, but it is a directory, a device or a pipe. Nobody can tell libcurl to
/// stop waiting for a pipe that nobody writes to.
bool names_no_file(const std::string& url) {
  if (scheme_of(url) != "file")
    return false;
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  char* path = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK)
    return false;  // libcurl will say what is wrong with it
  const std::unique_ptr<char, decltype(&curl_free)> owned(path, &curl_free);
  struct stat status{};
  return ::stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/// A transfer that is in the multi handle as long as this lives.
class ActiveTransfer {
 public:
  ActiveTransfer(CURLM* multi, std::string url, const RequestHead& request, Receiver& receiver,
                 const FetchOptions& options)
      : multi_(multi), transfer_(std::move(url), request, receiver, options) {
    check_multi(curl_multi_add_handle(multi_, transfer_.handle()));
  }
  ~ActiveTransfer() { curl_multi_remove_handle(multi_, transfer_.handle()); }
  ActiveTransfer(const ActiveTransfer&) = delete;
  ActiveTransfer& operator=(const ActiveTransfer&) = delete;

  Transfer& transfer() { return transfer_; }

 private:
  CURLM* multi_;
  Transfer transfer_;
};

/// One call of TransferLoop::run.
class Run {
 public:
  Run(CURLM* multi, const FetchOptions& options, std::mt19937& random, std::span<TransferJob> jobs,
      const TransferEvents& events)
      : multi_(multi), options_(options), random_(random), jobs_(jobs), events_(events) {
    for (std::size_t i = 0; i < jobs.size(); ++i)
      waiting_.push_back({i, Clock::now()});
  }

  void run() {
    while (!waiting_.empty() || !active_.empty()) {
      start_due();
      int running = 0;
      check_multi(curl_multi_perform(multi_, &running));
      collect();
      events_.tick();
      check_multi(curl_multi_poll(multi_, nullptr, 0, static_cast<int>(pause().count()), nullptr));
    }
  }

 private:
  struct Waiting {
    std::size_t job;
    Clock::time_point due;
  };
  struct Active {
    std::size_t job;
    std::string url;  ///< of this hop
    RequestHead request;
    unsigned redirects;
    Clock::time_point started;
    std::unique_ptr<ActiveTransfer> transfer;
  };

  bool has_room() const { return active_.size() < std::max(options_.parallel, 1U); }

  void start_due() {
    const Clock::time_point now = Clock::now();
    for (std::size_t left = waiting_.size(); left > 0 && has_room(); --left) {
      Waiting next = waiting_.front();
      waiting_.pop_front();
      if (next.due > now)
        waiting_.push_back(next);
      else
        start(next.job);
    }
  }

  void start(std::size_t index) {
    TransferJob& job = jobs_[index];
    if (job.walk.exhausted())
      return events_.exhausted(index);
    const std::string url = job.walk.url();
    if (!is_fetchable(url))
      return fail(index, {FailureKind::kPermanent, "only http, https and file URLs are fetched"});
    if (names_no_file(url))
      return fail(index, {FailureKind::kPermanent, "not a regular file"});
    RequestHead request;
    switch (job.receiver.prepare(url, request)) {
      case Receiver::Readiness::kDone:
        return events_.complete(index);
      case Receiver::Readiness::kBusy:
        waiting_.push_back({index, Clock::now() + kPause});
        return;
      case Receiver::Readiness::kRequest:
        return send({index, url, std::move(request), 0, Clock::now(), nullptr});
    }
  }

  void send(Active active) {
    active.transfer = std::make_unique<ActiveTransfer>(multi_, active.url, active.request,
                                                       jobs_[active.job].receiver, options_);
    CURL* handle = active.transfer->transfer().handle();
    active_.emplace(handle, std::move(active));
  }

  void collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const CURLcode code = message->data.result;
      auto node = active_.extract(message->easy_handle);
      if (!node.empty())
        end(std::move(node.mapped()), code);
    }
  }

  void end(Active ended, CURLcode code) {
    Outcome outcome = ended.transfer->transfer().finish(code);
    ended.transfer.reset();
    if (auto* redirect = std::get_if<Redirect>(&outcome))
      return follow(std::move(ended), std::move(redirect->url));
    if (auto* failure = std::get_if<Failure>(&outcome))
      return fail(ended.job, *failure, attempt_of(ended));
    events_.complete(ended.job);
  }

  Attempt attempt_of(const Active& ended) const {
    return {jobs_[ended.job].receiver.kept(), ended.request.offset + ended.request.bytes,
            std::chrono::floor<std::chrono::milliseconds>(Clock::now() - ended.started)};
  }

  void follow(Active hop, std::string target) {
    if (!is_redirect_allowed(hop.url, target)) {
      return fail(hop.job, {FailureKind::kPermanent,
                            "it redirects to " + shown_url(target) + ", which is not allowed"});
    }
    if (++hop.redirects > kMaxRedirects) {
      return fail(hop.job, {FailureKind::kPermanent,
                            "it redirects more than " + std::to_string(kMaxRedirects) + " times"});
    }
    hop.url = std::move(target);
    send(std::move(hop));
  }

  void fail(std::size_t index, const Failure& failure, const Attempt& attempt = {}) {
    const double jitter = std::uniform_real_distribution<>(0, 1)(random_);
    if (auto delay = jobs_[index].walk.advance(failure, attempt, jitter))
      waiting_.push_back({index, Clock::now() + *delay});
    else
      events_.exhausted(index);
  }

  /// Until a waiting job is due, but never longer than a tick.
  std::chrono::milliseconds pause() const {
    if (waiting_.empty() && active_.empty())
      return std::chrono::milliseconds(0);
    auto pause = kPause;
    if (!has_room())
      return pause;
    for (const Waiting& waiting : waiting_) {
      auto until = std::chrono::ceil<std::chrono::milliseconds>(waiting.due - Clock::now());
      pause = std::clamp(until, std::chrono::milliseconds(0), pause);
    }
    return pause;
  }

  CURLM* multi_;
  const FetchOptions& options_;
  std::mt19937& random_;
  std::span<TransferJob> jobs_;
  const TransferEvents& events_;
  std::deque<Waiting> waiting_;
  std::map<CURL*, Active> active_;
};

}  // namespace

TransferLoop::TransferLoop(const FetchOptions& options)
    : options_(options), multi_(make_curl_multi()), random_(std::random_device{}()) {
  check_multi(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options.parallel)));
}

void TransferLoop::run(std::span<TransferJob> jobs, const TransferEvents& events) {
  Run(multi_.get(), options_, random_, jobs, events).run();
}

}  // namespace bootstrap
