// What configuring leaves behind that an image must not have, or not so: logs, caches, backups and locks,
// what belongs to one machine, secrets. One line per kind of file, with the reason.
//
// The table can never be complete: what it does not know is found when scripts run a second time
// (rootfs/repeat.h), and a recipe handles it by rules of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace bootstrap {

enum class StateAction {
  kKeep,
  kDrop,      ///< left out; no image needs it, so nothing is said
  kRemove,    ///< left out, and people are told
  kEmpty,     ///< of a file, what is in it is left out; of a directory, all below it; and people are told
  kHostname,  ///< stays, though it holds the host name of the build, for that is the same in every build
};

struct StateRule {
  std::string_view glob;  ///< of paths (Entry::path), fnmatch with FNM_PATHNAME
  StateAction action = StateAction::kKeep;
  std::string_view reason = {};
  std::string_view again = {};  ///< what makes it again, or must, when the image runs
};

/// Of those that hold for every recipe, the one that decides about a path; null when there is none.
const StateRule* find_built_in_rule(const std::string& path);

/// What is to happen to a path.
struct StateVerdict {
  StateAction action = StateAction::kKeep;
  std::string note;    ///< "removed PATH: why; what makes it again"; empty when nobody needs to know
  bool asked = false;  ///< by the recipe: also for what a package ships
};

/// The rules of a recipe, and after them the built-in ones.
class StateRuleBook {
 public:
  /// `own` must outlive this.
  explicit StateRuleBook(const StateRules& own) : own_(own) {}
  StateVerdict judge(const std::string& path) const;

 private:
  const StateRules& own_;
};

}  // namespace bootstrap
