// The options that every verb shares, and what is made from them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/printer.h"
#include "fetch/fetcher.h"
#include "pipeline/workshop.h"
#include "recipe/mirror_map.h"
#include "store/store.h"
#include "trust/signature.h"

namespace bootstrap {

struct CommonOptions {
  std::filesystem::path store;  ///< empty: Store::default_root()
  std::filesystem::path images = "images";
  std::vector<std::string> mirrors;  ///< NAME=URL
  bool offline = false;
  bool accelerators = true;
  unsigned jobs = 0;  ///< 0: all cores
  bool json = false;
  Verbosity verbosity = Verbosity::kNormal;
  ColorMode color = ColorMode::kAuto;
  std::filesystem::path profile;  ///< where to write a trace; empty: nowhere
};

/// Owns what a Workshop refers to.
class WorkshopOwner {
 public:
  /// Throws where the store cannot be opened or a mirror option is wrong.
  WorkshopOwner(const CommonOptions& options, Reporter& reporter);
  /// Writes the trace of all that was done (--profile), also when it failed.
  ~WorkshopOwner();
  WorkshopOwner(const WorkshopOwner&) = delete;
  WorkshopOwner& operator=(const WorkshopOwner&) = delete;
  Workshop& workshop() { return workshop_; }

 private:
  Store store_;
  MirrorMap mirrors_;
  std::unique_ptr<Fetcher> fetcher_;
  std::unique_ptr<SignatureVerifier> verifier_;
  Trace trace_{"bootstrap"};
  std::filesystem::path profile_;
  Workshop workshop_;
};

}  // namespace bootstrap
