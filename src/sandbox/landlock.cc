#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

// As in kernels that are newer than our headers. Older ones take it as long as they need not know what is not
// zero.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
constexpr std::uint64_t kScopeAbstractUnixSocket = 1;
constexpr std::uint64_t kScopeSignal = 2;
constexpr int kFirstWithScopes = 6;

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

void enter_landlock_domain() {
  const int version = landlock_version();
  if (version < kUsableLandlock)
    return;
  RulesetAttributes attributes{};
  // Mounts are refused to whoever is limited in any use of files. Moving between directories, too, unless it
  // is allowed.
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER;
  if (version >= kFirstWithScopes)
    attributes.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  UniqueFd ruleset(static_cast<int>(
      check(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0), "landlock")));
  UniqueFd root = open_file("/", O_PATH | O_DIRECTORY);
  landlock_path_beneath_attr moving{};
  moving.allowed_access = LANDLOCK_ACCESS_FS_REFER;
  moving.parent_fd = root.get();
  check(::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &moving, 0), "landlock");
  check(::syscall(SYS_landlock_restrict_self, ruleset.get(), 0), "cannot enter a landlock domain");
}

}  // namespace bootstrap
