#include "fetch/offline_fetcher.h"

#include "base/error.h"
#include "fetch/kept_document.h"
#include "fetch/stored_download.h"

namespace bootstrap {

namespace {

[[noreturn]] void throw_missing(const std::string& what) {
  throw Error(ErrorKind::kNetwork, what + ": not in the store, and --offline forbids to fetch it",
              "run once without --offline");
}

class OfflineFetcher : public Fetcher {
 public:
  explicit OfflineFetcher(const Store& store) : store_(store) {}

  void fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
             const std::function<void(const FetchProgress&)>& progress) override {
    const std::vector<bool> stored = find_stored(store_, downloads);
    require_all(downloads, stored);
    FetchProgress state;
    for (std::size_t i = 0; i < downloads.size(); ++i) {
      if (done)
        done(i);
      state.bytes_total += downloads[i].size;
    }
    state.bytes_done = state.bytes_total;
    state.files_done = state.files_total = downloads.size();
    if (progress)
      progress(state);
  }

  std::vector<std::optional<Document>> fetch_documents(std::span<const DocumentRequest> requests) override {
    std::vector<std::optional<Document>> documents;
    for (const DocumentRequest& request : requests) {
      std::optional<KeptDocument> kept = load_kept(store_, request.name);
      if (!kept)
        throw_missing(request.name);
      if (kept->absent)
        documents.emplace_back(std::nullopt);
      else
        documents.push_back(Document{std::move(kept->content), std::move(kept->url), true});
    }
    return documents;
  }

 private:
  static void require_all(std::span<const Download> downloads, const std::vector<bool>& stored) {
    std::string first;
    std::size_t missing = 0;
    for (std::size_t i = 0; i < downloads.size(); ++i) {
      if (!stored[i] && missing++ == 0)
        first = downloads[i].label;
    }
    if (missing > 1)
      first += " and " + std::to_string(missing - 1) + " more";
    if (missing > 0)
      throw_missing(first);
  }

  const Store& store_;
};

}  // namespace

std::unique_ptr<Fetcher> make_offline_fetcher(const Store& store) {
  return std::make_unique<OfflineFetcher>(store);
}

}  // namespace bootstrap
