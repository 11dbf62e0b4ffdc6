#include "transfer/curl_fetcher.h"

#include <chrono>
#include <deque>
#include <map>

#include "fetch/stored_download.h"
#include "transfer/document_receiver.h"
#include "transfer/download_receiver.h"
#include "transfer/transfer_loop.h"

namespace bootstrap {

namespace {

/// Tells the caller how far the downloads are, at most ten times a second.
class ProgressMeter {
 public:
  ProgressMeter(std::span<const Download> downloads,
                const std::function<void(const FetchProgress&)>& progress)
      : progress_(progress) {
    state_.files_total = downloads.size();
    for (const Download& download : downloads)
      state_.bytes_total += download.size;
  }

  void file_done(const Download& download) {
    ++state_.files_done;
    bytes_finished_ += download.size;
  }
  bool is_due() const { return progress_ && Clock::now() - last_ >= kInterval; }
  /// `bytes_under_way` are those of unfinished files.
  void show(std::uint64_t bytes_under_way) {
    if (!progress_)
      return;
    last_ = Clock::now();
    state_.bytes_done = bytes_finished_ + bytes_under_way;
    progress_(state_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kInterval{100};

  const std::function<void(const FetchProgress&)>& progress_;
  FetchProgress state_;
  std::uint64_t bytes_finished_ = 0;
  Clock::time_point last_{};
};

class CurlFetcher : public Fetcher {
 public:
  CurlFetcher(const Store& store, const FetchOptions& options)
      : store_(store),
        policy_{options.attempts, options.backoff_base, options.patience, options.slowest},
        loop_(options) {}

  void fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
             const std::function<void(const FetchProgress&)>& progress) override;
  std::vector<std::optional<Document>> fetch_documents(std::span<const DocumentRequest> requests) override;

 private:
  const Store& store_;
  RetryPolicy policy_;
  TransferLoop loop_;
};

void CurlFetcher::fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
                        const std::function<void(const FetchProgress&)>& progress) {
  ProgressMeter meter(downloads, progress);
  auto finished = [&](std::size_t index) {
    meter.file_done(downloads[index]);
    if (done)
      done(index);
  };
  const std::vector<bool> stored = find_stored(store_, downloads);
  // Several packages may be the same file: it is fetched for the first and done for all.
  std::map<std::pair<Digest, std::uint64_t>, std::size_t> job_of_file;
  std::vector<std::vector<std::size_t>> indexes_of_job;
  std::deque<DownloadReceiver> receivers;
  std::vector<TransferJob> jobs;
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    const Download& download = downloads[i];
    if (stored[i]) {
      finished(i);
      continue;
    }
    auto [position, is_new] = job_of_file.try_emplace({download.sha256, download.size}, jobs.size());
    if (is_new) {
      jobs.push_back({UrlWalk(download.urls, policy_), receivers.emplace_back(store_, download)});
      indexes_of_job.emplace_back();
    }
    indexes_of_job[position->second].push_back(i);
  }

  TransferEvents events;
  events.complete = [&](std::size_t job) {
    for (std::size_t index : indexes_of_job[job])
      finished(index);
  };
  events.exhausted = [&](std::size_t job) {
    throw jobs[job].walk.error(downloads[indexes_of_job[job].front()].label);
  };
  events.tick = [&] {
    if (!meter.is_due())
      return;
    std::uint64_t under_way = 0;
    for (const DownloadReceiver& receiver : receivers)
      under_way += receiver.kept();
    meter.show(under_way);
  };
  loop_.run(jobs, events);
  meter.show(0);
}

std::vector<std::optional<Document>> CurlFetcher::fetch_documents(std::span<const DocumentRequest> requests) {
  std::vector<std::optional<Document>> documents(requests.size());
  std::deque<DocumentReceiver> receivers;
  std::vector<TransferJob> jobs;
  for (const DocumentRequest& request : requests)
    jobs.push_back({UrlWalk(request.urls, policy_), receivers.emplace_back(store_, request)});
  TransferEvents events;
  events.complete = [&](std::size_t i) { documents[i] = receivers[i].take(); };
  events.exhausted = [&](std::size_t i) {
    if (!jobs[i].walk.not_found_everywhere())
      throw jobs[i].walk.error(requests[i].name);
    KeptDocument absent;
    absent.absent = true;
    keep(store_, requests[i].name, absent);
  };
  events.tick = [] {};
  loop_.run(jobs, events);
  return documents;
}

}  // namespace

std::unique_ptr<Fetcher> make_curl_fetcher(const Store& store, const FetchOptions& options) {
  return std::make_unique<CurlFetcher>(store, options);
}

}  // namespace bootstrap
