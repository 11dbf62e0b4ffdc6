#include "sandbox/worker_cgroup.h"

#include <unistd.h>

#include <filesystem>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("no cgroup is left behind") {
  run_service({"exit", "0"}, {{"cpus", 1.0}});
  const std::string own = "bootstrap-" + std::to_string(::getpid()) + ".";
  for (const CgroupHierarchy& here :
       find_cgroup_hierarchies(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"))) {
    std::filesystem::path parent = here.mount_point + here.group;
    if (here.unified && here.group != "/")
      parent = parent.parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(parent))
      CHECK_FALSE(entry.path().filename().string().starts_with(own));
  }
}
