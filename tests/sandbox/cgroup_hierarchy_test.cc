#include "sandbox/cgroup_hierarchy.h"

#include "support/catch.h"

using namespace bootstrap;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("hierarchies of version 1 are found by their controllers") {
  const auto found = find_cgroup_hierarchies(
      "9:name=systemd:/\n4:cpu,memory:/a/b\n5:pids:/p\n0::/c\n",
      "30 23 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "31 23 0:28 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,cpu,memory\n"
      "32 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].mount_point == "/sys/fs/cgroup/memory");
  CHECK(found[0].group == "/a/b");
  CHECK_FALSE(found[0].unified);
  CHECK(found[0].controllers == Names{"memory", "cpu"});
  CHECK(found[1].group == "/p");
  CHECK(found[1].controllers == Names{"pids"});
}

TEST_CASE("what version 1 does not have is looked for in version 2") {
  const char* mounts = "32 23 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  const auto found = find_cgroup_hierarchies("0::/user.slice/x.scope\n", mounts);
  REQUIRE(found.size() == 1);
  CHECK(found[0].unified);
  CHECK(found[0].group == "/user.slice/x.scope");
  CHECK(found[0].controllers == Names{"memory", "pids", "cpu"});
  CHECK(find_cgroup_hierarchies("0::/\n", mounts).at(0).group == "/");
  const auto both =
      find_cgroup_hierarchies("4:memory:/a\n0::/c\n",
                              "31 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                              "32 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  REQUIRE(both.size() == 2);
  CHECK(both[1].controllers == Names{"pids", "cpu"});
}

TEST_CASE("a hierarchy that is not mounted, or of which our part is not, is none") {
  CHECK(find_cgroup_hierarchies("0::/a\n", "22 27 0:21 / /proc rw - proc proc rw\n").empty());
  CHECK(find_cgroup_hierarchies("", "").empty());
  CHECK(find_cgroup_hierarchies("garbage\n", "garbage\n").empty());
  CHECK(
      find_cgroup_hierarchies("0::/../a\n", "32 23 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").empty());
  // A container sees its own part as the root of what is mounted.
  const char* part = "32 23 0:29 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  CHECK(find_cgroup_hierarchies("0::/docker/1/x\n", part).at(0).group == "/x");
  CHECK(find_cgroup_hierarchies("0::/docker/1\n", part).at(0).group == "/");
  CHECK(find_cgroup_hierarchies("0::/other\n", part).empty());
}
