#include "cli/options.h"

#include <cstdlib>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/search_path.h"
#include "fetch/offline_fetcher.h"
#include "fetch/separate_fetcher.h"
#include "sandbox/worker.h"
#include "trust/gpgme_verifier.h"
#include "trust/remembered_verifier.h"

namespace bootstrap {

namespace {

/// $XDG_CONFIG_HOME/bootstrap, else ~/.config/bootstrap; empty when neither is known.
std::filesystem::path config_directory() {
  if (const char* xdg = std::getenv("XDG_CONFIG_HOME"); xdg != nullptr && *xdg == '/')
    return std::filesystem::path(xdg) / "bootstrap";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".config/bootstrap";
  return {};
}

MirrorMap::Options mirror_options(const CommonOptions& options) {
  MirrorMap::Options result;
  result.from_command_line = options.mirrors;
  result.config_directory = config_directory();
  return result;
}

std::unique_ptr<Fetcher> make_fetcher(const CommonOptions& options, const Store& store) {
  if (options.offline)
    return make_offline_fetcher(store);
  return make_separate_fetcher(store, find_own_program("bootstrap-downloader"));
}

}  // namespace

WorkshopOwner::WorkshopOwner(const CommonOptions& options, Reporter& reporter)
    : store_(options.store.empty() ? Store::default_root() : options.store),
      mirrors_(mirror_options(options)),
      fetcher_(make_fetcher(options, store_)),
      verifier_(remember_signatures(make_gpgme_verifier(), store_)),
      profile_(options.profile),
      workshop_{store_,
                mirrors_,
                *fetcher_,
                *verifier_,
                reporter,
                trace_,
                options.images,
                find_worker_program(),
                options.jobs == 0 ? available_cores() : options.jobs,
                options.accelerators} {}

WorkshopOwner::~WorkshopOwner() {
  if (profile_.empty())
    return;
  try {
    write_file(profile_, compact_json({{"traceEvents", trace_.events()}, {"displayTimeUnit", "ms"}}),
               Durability::kCache);
  } catch (const Error& error) {
    workshop_.reporter.note("--profile", error.message());
  }
}

}  // namespace bootstrap
