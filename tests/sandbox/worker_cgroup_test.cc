#include "sandbox/worker_cgroup.h"

#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

/// Where groups are made that are limited like this process.
std::vector<std::filesystem::path> parents_of_groups() {
  std::vector<std::filesystem::path> parents;
  for (const CgroupHierarchy& here :
       find_cgroup_hierarchies(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"))) {
    const std::filesystem::path own = here.mount_point + here.group;
    parents.push_back(here.unified && here.group != "/" ? own.parent_path() : own);
  }
  return parents;
}

}  // namespace

TEST_CASE("a cgroup is tidied away when nobody holds it, whatever process its name tells") {
  // Of a process that is not there for us: it may live in another container.
  constexpr const char* kName = "bootstrap-4194304.0";
  for (const std::filesystem::path& parent : parents_of_groups()) {
    std::error_code error;
    const std::filesystem::path group = parent / kName;
    if (!std::filesystem::create_directory(group, error))
      continue;  // an ordinary user makes no groups here, and removes none
    std::filesystem::create_directory(group / "box-0", error);
    std::optional<UniqueFd> held = open_file(group, O_RDONLY | O_DIRECTORY);
    REQUIRE(::flock(held->get(), LOCK_SH) == 0);
    run_service({"exit", "0"}, {{"cpus", 1.0}});
    CHECK(std::filesystem::exists(group / "cgroup.procs"));
    CHECK(std::filesystem::exists(group / "box-0"));
    held.reset();
    run_service({"exit", "0"}, {{"cpus", 1.0}});
    CHECK_FALSE(std::filesystem::exists(group));
  }
}

TEST_CASE("no cgroup is left behind") {
  run_service({"exit", "0"}, {{"cpus", 1.0}});
  const std::string own = "bootstrap-" + std::to_string(::getpid()) + ".";
  for (const std::filesystem::path& parent : parents_of_groups())
    for (const auto& entry : std::filesystem::directory_iterator(parent))
      CHECK_FALSE(entry.path().filename().string().starts_with(own));
}
