// What a stack of layers shows, as metadata: packages' segments and states, laid over each other as an OCI
// runtime lays them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "package/path_order.h"
#include "package/segment.h"

namespace bootstrap {

/// ".wh.NAME" beside what it hides (OCI image-spec, layer.md).
inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
/// The whiteout of a path, and the path that a whiteout hides (nullopt: it is none).
Entry whiteout_of(const std::string& path, std::int64_t mtime);
std::optional<std::string> hidden_by(const Entry& entry);

class LayerView {
 public:
  using Entries = std::map<std::string, const Entry*, PathOrder>;

  /// A package's files except the masked ones, and its directories where the view has none yet: in one layer
  /// the first package that ships a directory decides about it.
  void add_package(const Segment& package, const std::set<std::string>& masked);
  /// The entries of a state, in order, whiteouts included. They must outlive the view.
  void add_state(const std::vector<Entry>& entries);

  /// The entry of a path, nullptr when there is none.
  const Entry* find(const std::string& path) const;
  const Entries& entries() const { return entries_; }

 private:
  void put(const Entry& entry);
  void remove(const std::string& path);

  Entries entries_;
};

}  // namespace bootstrap
