// How versions are numbered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bootstrap {

/// Ends the name of a candidate whose tests failed.
inline constexpr std::string_view kRejectedSuffix = "-rejected";

/// The version that comes after `existing`. With a version in the recipe ("1.4"): "1.4.0", then one more than
/// the highest "1.4.N" there is. Without: `date` ("2026.11.21"), and the later ones of the same day
/// "2026.11.21.1", "2026.11.21.2", ... A rejected candidate uses its number up.
std::string next_version(const std::vector<std::string>& existing, const std::string& recipe_version,
                         const std::string& date);

}  // namespace bootstrap
