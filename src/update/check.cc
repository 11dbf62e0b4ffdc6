#include "update/check.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>

namespace bootstrap {

std::vector<CheckedRecipe> check_recipes(Night& night, Workshop& workshop) {
  std::vector<CheckedRecipe> checked;
  std::map<std::filesystem::path, Lockfile> planned;
  for (const NightRecipe& recipe : night.recipes()) {
    CheckedRecipe& result = checked.emplace_back();
    result.name = recipe.recipe().name;
    result.recipe = recipe.recipe().file;
    result.max_age = recipe.recipe().update.max_age;
    try {
      std::vector<Lockfile> parents;
      for (std::size_t i = 0; i + 1 < recipe.chain.size(); ++i) {
        auto parent = planned.find(recipe.chain[i].file);
        if (parent == planned.end())
          throw Error(ErrorKind::kFailure, recipe.chain[i].name + ", which it extends, cannot be updated");
        parents.push_back(parent->second);
      }
      Pending pending = night.plan(recipe, parents);
      result.pending = pending.lock_moves;
      result.moves = std::move(pending.moves);
      find_fixes(result.moves, recipe.recipe(), workshop);
      planned.emplace(result.recipe, std::move(pending.lock));
    } catch (const Error& error) {
      result.error = error;
    }
  }
  return checked;
}

std::optional<std::chrono::hours> age_of(const std::string& time) {
  std::tm fields{};
  if (::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields) == nullptr)
    return std::nullopt;
  return std::chrono::duration_cast<std::chrono::hours>(
      std::chrono::seconds(std::time(nullptr) - ::timegm(&fields)));
}

bool is_overdue(const std::vector<Move>& moves, std::chrono::hours max_age) {
  return std::any_of(moves.begin(), moves.end(), [&](const Move& move) {
    auto age = age_of(move.published());
    return move.is_security() && age && *age > max_age;
  });
}

std::vector<std::string> cves_of(const std::vector<Move>& moves) {
  std::set<std::string> cves;
  for (const Move& move : moves)
    cves.insert(move.cves.begin(), move.cves.end());
  return {cves.begin(), cves.end()};
}

}  // namespace bootstrap
