// What an image may take, grow to and become: `limits`, `budgets`, `update`.
#include <array>

#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

constexpr std::int64_t kKernelPidLimit = 4194304;
constexpr auto kAllowed =
    std::to_array({UpdatePolicy::Allow::kSecurity, UpdatePolicy::Allow::kAll, UpdatePolicy::Allow::kNone});

Value<std::uint64_t> count() {
  return integer<std::uint64_t>(0, 1000000000);
}

}  // namespace

std::string_view name_of(UpdatePolicy::Allow allow) {
  switch (allow) {
    case UpdatePolicy::Allow::kSecurity:
      return "security";
    case UpdatePolicy::Allow::kAll:
      return "all";
    case UpdatePolicy::Allow::kNone:
      return "none";
  }
  return "unknown";
}

const Fields<Limits>& limit_fields() {
  static const Fields<Limits> kFields =
      Fields<Limits>()
          .add("memory", &Limits::memory, size(), "Memory that a test may take, as in 512M")
          .add("pids", &Limits::pids, integer<unsigned>(1, kKernelPidLimit), "Processes that a test may have")
          .add("timeout", &Limits::timeout, duration(), "How long a test may take, as in 60s");
  return kFields;
}

const Fields<Budgets>& budget_fields() {
  static const Fields<Budgets> kFields =
      Fields<Budgets>()
          .add("size", &Budgets::size, size(), "Of all layers as they are downloaded, as in 60M")
          .add("packages", &Budgets::packages, count(), "Number of packages, the parents' included")
          .add("setuid", &Budgets::setuid, count(), "Files with the setuid or setgid bit")
          .add("file-capabilities", &Budgets::file_capabilities, count(), "Files with capabilities")
          .add("world-writable", &Budgets::world_writable, count(),
               "Files that anybody can write, and such directories without the sticky bit")
          .add("secrets", &Budgets::secrets, count(),
               "Files with a private key, a password hash or a token, whoever ships them");
  return kFields;
}

const Fields<UpdatePolicy>& update_fields() {
  static const Fields<UpdatePolicy> kFields =
      Fields<UpdatePolicy>()
          .add("allow", &UpdatePolicy::allow, choice(kAllowed, &name_of),
               "What `bootstrap update` may move by itself")
          .add("hold", &UpdatePolicy::hold, set_of(word(kPackageName)), "Packages that stay as they are")
          .add("max-age", &UpdatePolicy::max_age, age(),
               "How long a fix may be public before its absence is overdue, as in 24h");
  return kFields;
}

}  // namespace bootstrap
