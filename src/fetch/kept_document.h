// The last copy of each document, kept in the store so that a server can say "not modified" and so that
// --offline has something to go by. It is as trustworthy as the network: signatures are checked again.
#pragma once

#include <optional>
#include <string>

#include "fetch/fetcher.h"
#include "store/store.h"

namespace bootstrap {

struct KeptDocument {
  std::string content;
  std::string url;            ///< that served it, as it may be shown; the validators are only good there
  std::string etag;           ///< as sent, with its quotes; may be empty
  std::string last_modified;  ///< as sent; may be empty
  bool absent = false;        ///< no URL had it; there is no content
};

/// nullopt when there is none or it is damaged.
std::optional<KeptDocument> load_kept(const Store& store, const std::string& name);
void keep(const Store& store, const std::string& name, const KeptDocument& document);

}  // namespace bootstrap
