// Whose spare ids are whose: the files subuid(5) and subgid(5), and where new ranges are taken from.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bootstrap {

/// The first range of at least IdRange::kCount ids that a subuid(5) or subgid(5) file gives to this user, who
/// may be listed by name or by number.
std::optional<std::uint32_t> find_subordinate_range(std::string_view file, const std::string& name,
                                                    uid_t uid);

/// The highest range of systemd's container space that a subuid(5) or subgid(5) file gives to nobody.
std::uint32_t find_unassigned_range(std::string_view file);

/// The texts of the files that say which ids are taken.
struct IdFiles {
  std::string subuid;
  std::string subgid;
  std::string passwd;
  std::string group;
  std::string login_defs;

  /// Those of /etc; what is not there, or may not be read, is empty.
  static IdFiles of_this_machine();
};

/// Ids `first` to `last`.
struct NewRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// A range as useradd(8) would give to a new user: the first from SUB_UID_MIN to SUB_UID_MAX of login.defs(5)
/// that holds no sub-id of anybody, SUB_UID_COUNT ids or as many as a box needs. Unlike useradd's it is free
/// in both files and holds no user and no group. None when all are taken.
std::optional<NewRange> find_new_range(const IdFiles& files);

/// The commands for root that give the user a range which nobody else has.
std::string grant_command(const IdFiles& files, const std::string& user, bool lacks_uids, bool lacks_gids);

}  // namespace bootstrap
