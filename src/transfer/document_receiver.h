// Receives one document into memory, with a conditional request when a copy is kept. What was cut is
// continued where the server gives it an ETag, by which it tells the same document from another (RFC
// 9110, 13.1.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fetch/fetcher.h"
#include "fetch/kept_document.h"
#include "store/store.h"
#include "transfer/receiver.h"

namespace bootstrap {

class DocumentReceiver : public Receiver {
 public:
  /// Both must outlive it.
  DocumentReceiver(const Store& store, const DocumentRequest& request)
      : store_(store), request_(request), kept_(load_kept(store, request.name)) {}

  Readiness prepare(const std::string& url, RequestHead& request) override;
  std::optional<Failure> begin(const ResponseHead& response) override;
  std::optional<Failure> write(std::string_view data) override;
  std::optional<Failure> finish() override;
  std::uint64_t kept() const override { return can_continue() ? document_.content.size() : 0; }

  /// What was received; only after finish() was content.
  Document take() { return std::move(document_); }

 private:
  bool can_continue() const;
  std::optional<Failure> begin_rest(const ResponseHead& response);

  const Store& store_;
  const DocumentRequest& request_;
  std::optional<KeptDocument> kept_;
  bool conditional_ = false;
  std::uint64_t offset_ = 0;  ///< that the request asked for
  KeptDocument received_;
  Document document_;
};

}  // namespace bootstrap
