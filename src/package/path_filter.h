// dpkg's path-exclude and path-include (dpkg(1)): which of a package's files are not unpacked.
#pragma once

#include <string>
#include <vector>

#include "package/entry.h"

namespace bootstrap {

class PathFilter {
 public:
  /// Keeps everything.
  PathFilter() = default;
  PathFilter(std::vector<std::string> exclude, std::vector<std::string> include)
      : exclude_(std::move(exclude)), include_(std::move(include)) {}

  /// Whether the rules leave `path` (canonical, without a leading slash) out. Globs match the whole absolute
  /// path and "*" matches "/" too, as dpkg has it; an include wins over an exclude. A directory or symbolic
  /// link stays when an include could bring back something below it. dpkg's own info files always stay.
  bool excludes(const std::string& path, EntryType type) const;

  /// Equal for equal rules; empty when everything is kept.
  std::string key() const;

 private:
  std::vector<std::string> exclude_;
  std::vector<std::string> include_;
};

}  // namespace bootstrap
