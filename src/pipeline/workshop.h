// What every stage of a build works with: the store, the edges to the outside, and somebody to tell about
// progress.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/trace.h"
#include "fetch/fetcher.h"
#include "recipe/mirror_map.h"
#include "store/store.h"
#include "trust/signature.h"

namespace bootstrap {

/// Told what a build is doing. Calls come from one thread at a time. The command line prints them, tests
/// collect them.
class Reporter {
 public:
  virtual ~Reporter() = default;
  /// A stage of `subject` (a recipe's name) begins: "web", "resolving".
  virtual void stage(std::string_view subject, std::string_view what) = 0;
  /// Something inside the stage: "configuring nginx". Shown while it lasts, not kept.
  virtual void detail(std::string_view text) = 0;
  virtual void download(const FetchProgress& progress) = 0;
  /// Something the user should know afterwards.
  virtual void note(std::string_view subject, std::string_view text) = 0;
};

struct Workshop {
  const Store& store;
  const MirrorMap& mirrors;
  Fetcher& fetcher;
  SignatureVerifier& verifier;
  Reporter& reporter;
  Trace& trace;
  std::filesystem::path images;  ///< where image layouts live
  std::filesystem::path worker_program;
  unsigned jobs = 1;         ///< threads for what can run side by side
  bool accelerators = true;  ///< AssembleRequest::accelerators
};

}  // namespace bootstrap
