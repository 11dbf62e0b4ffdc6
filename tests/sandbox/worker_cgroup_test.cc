#include "sandbox/worker_cgroup.h"

#include <unistd.h>

#include <filesystem>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("the memory hierarchy of version 1 is found by its controller") {
  auto found = find_memory_hierarchy(
      "9:name=systemd:/\n4:cpu,memory:/a/b\n0::/c\n",
      "30 23 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "31 23 0:28 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,cpu,memory\n"
      "32 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  REQUIRE(found);
  CHECK(found->mount_point == "/sys/fs/cgroup/memory");
  CHECK(found->group == "/a/b");
  CHECK_FALSE(found->unified);
}

TEST_CASE("without version 1, version 2 is taken") {
  const char* mounts = "32 23 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  auto found = find_memory_hierarchy("0::/user.slice/x.scope\n", mounts);
  REQUIRE(found);
  CHECK(found->unified);
  CHECK(found->group == "/user.slice/x.scope");
  CHECK(find_memory_hierarchy("0::/\n", mounts)->group == "/");
}

TEST_CASE("a hierarchy that is not mounted, or of which our part is not, is none") {
  CHECK_FALSE(find_memory_hierarchy("0::/a\n", "22 27 0:21 / /proc rw - proc proc rw\n"));
  CHECK_FALSE(find_memory_hierarchy("", ""));
  CHECK_FALSE(find_memory_hierarchy("garbage\n", "garbage\n"));
  CHECK_FALSE(find_memory_hierarchy("0::/../a\n", "32 23 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"));
  // A container sees its own part as the root of what is mounted.
  const char* part = "32 23 0:29 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  CHECK(find_memory_hierarchy("0::/docker/1/x\n", part)->group == "/x");
  CHECK(find_memory_hierarchy("0::/docker/1\n", part)->group == "/");
  CHECK_FALSE(find_memory_hierarchy("0::/other\n", part));
}

TEST_CASE("no cgroup is left behind") {
  run_service({"exit", "0"});
  auto here = find_memory_hierarchy(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"));
  if (!here)
    return;
  const std::string own = "bootstrap-" + std::to_string(::getpid()) + ".";
  std::filesystem::path parent = here->mount_point + here->group;
  if (here->unified && here->group != "/")
    parent = parent.parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(parent))
    CHECK_FALSE(entry.path().filename().string().starts_with(own));
}
