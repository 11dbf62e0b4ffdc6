// The state of a night in Prometheus' text format, for node_exporter's textfile collector.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "update/update.h"

namespace bootstrap {

/// Replaces `file` atomically.
void write_metrics(const std::filesystem::path& file, const std::vector<UpdateResult>& results,
                   std::chrono::milliseconds duration);

}  // namespace bootstrap
