#include "sandbox/capability_names.h"

#include <linux/capability.h>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("capabilities are known by their names, with or without CAP_") {
  CHECK(parse_capability("CAP_CHOWN") == std::uint64_t{1} << CAP_CHOWN);
  CHECK(parse_capability("net_bind_service") == std::uint64_t{1} << CAP_NET_BIND_SERVICE);
  CHECK(parse_capability("CHECKPOINT_RESTORE") == std::uint64_t{1} << CAP_CHECKPOINT_RESTORE);
  CHECK(parse_capability("ALL") == (std::uint64_t{1} << (CAP_LAST_CAP + 1)) - 1);
  CHECK_FALSE(parse_capability("CAP_"));
  CHECK_FALSE(parse_capability("NONESUCH"));
}

TEST_CASE("a set of capabilities is listed by number") {
  const std::uint64_t set = std::uint64_t{1} << CAP_SETUID | std::uint64_t{1} << CAP_KILL;
  CHECK(capability_names(set) == std::vector<std::string>{"CAP_KILL", "CAP_SETUID"});
  CHECK(capability_names(0).empty());
}
