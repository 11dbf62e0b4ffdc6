// Receives one file whose size and digest are known into the store's download area.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetch/fetcher.h"
#include "store/store.h"
#include "transfer/part_file.h"
#include "transfer/receiver.h"

namespace bootstrap {

class DownloadReceiver : public Receiver {
 public:
  /// Both must outlive it.
  DownloadReceiver(const Store& store, const Download& download) : store_(store), download_(download) {}

  Readiness prepare(const std::string& url, RequestHead& request) override;
  std::optional<Failure> begin(const ResponseHead& response) override;
  std::optional<Failure> write(std::string_view data) override;
  std::optional<Failure> finish() override;
  /// At any time: how much of the unfinished file is here.
  std::uint64_t kept() const override { return part_ ? part_->size() : 0; }

 private:
  bool commit_if_right();
  std::optional<Failure> begin_rest(const ResponseHead& response);

  const Store& store_;
  const Download& download_;
  std::optional<PartFile> part_;
  std::uint64_t offset_ = 0;  ///< that the request asked for
};

}  // namespace bootstrap
