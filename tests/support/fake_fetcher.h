// A network made of a map: what each URL serves.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "fetch/fetcher.h"
#include "store/store.h"

namespace bootstrap {

class FakeFetcher : public Fetcher {
 public:
  explicit FakeFetcher(const Store& store) : store_(store) {}

  std::map<std::string, std::string> served;             ///< content by URL; what is missing is a 404
  std::function<void()> after_documents;                 ///< called at the end of each fetch_documents()
  std::vector<std::vector<std::string>> document_calls;  ///< the first URL of each request, per call
  std::vector<std::vector<std::string>> download_calls;  ///< the URL that served each download, per call

  void fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
             const std::function<void(const FetchProgress&)>& progress) override {
    download_calls.emplace_back();
    for (std::size_t i = 0; i < downloads.size(); ++i) {
      download_calls.back().push_back(fetch_one(downloads[i]));
      done(i);
    }
    if (progress)
      progress({});
  }

  std::vector<std::optional<Document>> fetch_documents(std::span<const DocumentRequest> requests) override {
    std::vector<std::optional<Document>> documents;
    document_calls.emplace_back();
    for (const DocumentRequest& request : requests) {
      document_calls.back().push_back(request.urls.front());
      documents.push_back(document(request));
    }
    if (after_documents)
      after_documents();
    return documents;
  }

 private:
  std::string fetch_one(const Download& download) {
    bool differs = false;
    for (const std::string& url : download.urls) {
      auto found = served.find(url);
      if (found == served.end())
        continue;
      if (found->second.size() == download.size && Digest::of(found->second) == download.sha256) {
        write_file(store_.path(Store::Area::kDownload, download.sha256.hex()), found->second,
                   Durability::kCache);
        return url;
      }
      differs = true;
    }
    throw Error(differs ? ErrorKind::kUntrusted : ErrorKind::kNetwork, download.label + ": not fetched");
  }

  std::optional<Document> document(const DocumentRequest& request) const {
    for (const std::string& url : request.urls) {
      auto found = served.find(url);
      if (found != served.end())
        return Document{found->second, url, false};
    }
    return std::nullopt;
  }

  const Store& store_;
};

}  // namespace bootstrap
