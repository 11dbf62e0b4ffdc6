#include "update/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "base/atomic_file.h"
#include "update/check.h"

namespace bootstrap {

namespace {

using State = UpdateResult::State;

/// Fixes that `latest` does not have yet.
bool is_open(const UpdateResult& result) {
  return result.state == State::kRejected || result.state == State::kFailed;
}

double exposure(const UpdateResult& result) {
  double oldest = 0;
  for (const Move& move : result.moves) {
    auto age = age_of(move.published());
    if (is_open(result) && move.is_security() && age)
      oldest = std::max(oldest, std::chrono::duration<double>(*age).count());
  }
  return oldest;
}

void gauge(std::string& text, std::string_view name, std::string_view help,
           const std::vector<UpdateResult>& results,
           const std::function<double(const UpdateResult&)>& value) {
  text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
  for (const UpdateResult& result : results)
    text += fmt::format("{}{{image=\"{}\"}} {}\n", name, result.name, value(result));
}

}  // namespace

void write_metrics(const std::filesystem::path& file, const std::vector<UpdateResult>& results,
                   std::chrono::milliseconds duration) {
  std::string text =
      "# HELP bootstrap_image_info The version that is the latest.\n# TYPE bootstrap_image_info gauge\n";
  for (const UpdateResult& result : results) {
    const auto& latest = result.state == State::kUpdated ? result.version : result.before;
    if (latest)
      text += fmt::format("bootstrap_image_info{{image=\"{}\",version=\"{}\",digest=\"{}\"}} 1\n",
                          result.name, latest->version, latest->manifest.oci());
  }
  gauge(text, "bootstrap_pending_fixes", "Vulnerabilities with a fix that the latest version lacks.", results,
        [](const UpdateResult& result) {
          return is_open(result) ? static_cast<double>(cves_of(result.moves).size()) : 0.0;
        });
  gauge(text, "bootstrap_exposure_seconds", "For how long the oldest such fix has been public.", results,
        exposure);
  gauge(text, "bootstrap_update_failed", "Whether the last update failed or its candidate was rejected.",
        results, [](const UpdateResult& result) { return is_open(result) ? 1.0 : 0.0; });
  text += fmt::format(
      "# HELP bootstrap_update_duration_seconds How long the last run took.\n"
      "# TYPE bootstrap_update_duration_seconds gauge\nbootstrap_update_duration_seconds {}\n"
      "# HELP bootstrap_update_time_seconds When it ended.\n"
      "# TYPE bootstrap_update_time_seconds gauge\nbootstrap_update_time_seconds {}\n",
      std::chrono::duration<double>(duration).count(), std::time(nullptr));
  write_file(file, text, Durability::kCache);
}

}  // namespace bootstrap
