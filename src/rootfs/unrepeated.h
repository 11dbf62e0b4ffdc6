// What the scripts of a recipe left differently when they ran a second time: two states, path by path.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace bootstrap {

/// Of content that is the same but for the name of the host.
inline constexpr std::string_view kHostnameOnly = "host name";

struct Unrepeated {
  std::string path;
  std::string what;   ///< differs: "content", kHostnameOnly, "mode", "there only once"
  std::string kind;   ///< of difference_kind.h: "secret"
  std::string maker;  ///< the package whose script made it, or ScriptTimes::kTriggers; empty: not known

  friend bool operator==(const Unrepeated&, const Unrepeated&) = default;
};
Json to_json(const Unrepeated& unrepeated);
Unrepeated unrepeated_from_json(const Json& json);

/// A state as it can be compared.
struct ComparedState {
  int tar = -1;                                         ///< read from its beginning
  std::map<std::string, std::set<std::string>> masked;  ///< as in AssembledState
};

/// All paths that differ, sorted. `makers` as in AssembledTree.
std::vector<Unrepeated> find_unrepeated(const ComparedState& first, const ComparedState& second,
                                        const std::map<std::string, std::string>& makers);

}  // namespace bootstrap
