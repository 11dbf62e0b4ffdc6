// Receives one document into memory, with a conditional request when a copy is kept.
#pragma once

#include <optional>
#include <string>

#include "fetch/fetcher.h"
#include "fetch/kept_document.h"
#include "fetch/receiver.h"
#include "store/store.h"

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

  /// What was received; only after finish() was content.
  Document take() { return std::move(document_); }

 private:
  const Store& store_;
  const DocumentRequest& request_;
  std::optional<KeptDocument> kept_;
  bool conditional_ = false;
  KeptDocument received_;
  Document document_;
};

}  // namespace bootstrap
