// Users and groups in the files of passwd(5), group(5), shadow(5) and gshadow(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace bootstrap {

/// shadow(5) counts days.
constexpr std::int64_t shadow_day(std::int64_t mtime) {
  return mtime / 86400;
}

/// The four files. An empty string is a file that does not exist.
struct AccountFiles {
  std::string passwd;
  std::string group;
  std::string shadow;
  std::string gshadow;
};

/// Adds the recipe's users, each with a group of its gid unless there is one. A user that is there already
/// with the same ids stays as it is; other ids, or its uid under another name, throw kUsage. Passwords are
/// locked; `day` (days since 1970) is the date of their last change.
void add_users(AccountFiles& files, const std::vector<UserAccount>& users, std::int64_t day);

/// What a tree without base-passwd starts from: root and nobody, nothing else.
AccountFiles minimal_accounts(std::int64_t day);

/// The shadow file that belongs to a passwd file: one locked line for each user; likewise gshadow.
std::string shadow_for(const std::string& passwd, std::int64_t day);

std::string gshadow_for(const std::string& group);
std::optional<std::uint32_t> group_id(const std::string& group, const std::string& name);

}  // namespace bootstrap
