// Downloads. The Fetcher is the network's edge: tests replace it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"

namespace bootstrap {

/// A file whose content is known beforehand, by digest.
struct Download {
  std::vector<std::string> urls;  ///< tried in turn: all mirrors, by-hash before plain name
  Digest sha256;
  std::uint64_t size = 0;  ///< exact, bytes; one more and the transfer is cut
  std::string label;       ///< for progress and errors: "nginx 1.22.1-9+deb12u11"
};

/// A small file whose content is not known beforehand: InRelease, Release.gpg.
struct DocumentRequest {
  std::vector<std::string> urls;
  std::string
      name;  ///< under which the last copy and its HTTP validators are kept, e.g. "debian_bookworm_InRelease"
  std::uint64_t max_size = 0;  ///< bytes
};
struct Document {
  std::string content;
  std::string url;            ///< that served it, without credentials
  bool not_modified = false;  ///< the server said 304: content is the kept copy
};

/// What the user is shown while downloads run. Called from the thread that called fetch().
struct FetchProgress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::size_t files_done = 0;
  std::size_t files_total = 0;
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// Brings all of them into the store's download area and calls `done(index)` as each one is there and
  /// verified. What is already there is not fetched, but hashed again first. Throws kNetwork (nobody has it,
  /// cut, timeout) or kUntrusted (size or digest differ on every mirror), naming file and URL; what was
  /// already complete stays in the store.
  virtual void fetch(std::span<const Download> downloads, const std::function<void(std::size_t)>& done,
                     const std::function<void(const FetchProgress&)>& progress) = 0;

  /// Conditional request for each; the results are in the order of the requests. A document that no URL has
  /// (404 everywhere) is nullopt; other failures throw kNetwork.
  virtual std::vector<std::optional<Document>> fetch_documents(std::span<const DocumentRequest> requests) = 0;
};

}  // namespace bootstrap
