// What an update would do, without doing it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "update/night.h"

namespace bootstrap {

struct CheckedRecipe {
  std::string name;
  std::filesystem::path recipe;
  std::vector<Move> moves;     ///< with what they fix
  bool pending = false;        ///< also when the recipe changed or has no lock, and no package moves
  std::chrono::hours max_age;  ///< of its policy
  std::optional<Error> error;  ///< there is no plan
};

/// One for each recipe of the night, parents first.
std::vector<CheckedRecipe> check_recipes(Night& night, Workshop& workshop);

/// How long ago an RFC 3339 time was; nullopt for an empty one.
std::optional<std::chrono::hours> age_of(const std::string& time);
/// Whether one of the fixes has been public for longer than `max_age`.
bool is_overdue(const std::vector<Move>& moves, std::chrono::hours max_age);
/// The vulnerabilities that they fix, each once, sorted.
std::vector<std::string> cves_of(const std::vector<Move>& moves);

}  // namespace bootstrap
