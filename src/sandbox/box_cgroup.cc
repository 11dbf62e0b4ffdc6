#include "sandbox/box_cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "base/error.h"
#include "sandbox/cgroup_hierarchy.h"
#include "sandbox/worker_process.h"

namespace bootstrap {

namespace {

constexpr int kPeriod = 100000;  // microseconds, the kernel's own default

bool limit_memory(int group, std::uint64_t memory) {
  const std::string bytes = std::to_string(memory);
  if (write_cgroup_file(group, "memory.max", bytes)) {
    write_cgroup_file(group, "memory.swap.max", "0");  // absent without swap accounting
    return true;
  }
  if (!write_cgroup_file(group, "memory.limit_in_bytes", bytes))
    return false;
  write_cgroup_file(group, "memory.memsw.limit_in_bytes", bytes);
  return true;
}

bool limit_cpus(int group, double cpus) {
  const std::string quota = std::to_string(std::lround(cpus * kPeriod));
  return write_cgroup_file(group, "cpu.max", fmt::format("{} {}", quota, kPeriod)) ||
         (write_cgroup_file(group, "cpu.cfs_period_us", std::to_string(kPeriod)) &&
          write_cgroup_file(group, "cpu.cfs_quota_us", quota));
}

/// A new group in `parent`; an empty name when there can be none.
std::string make_group(int parent) {
  for (unsigned number = 0;; ++number) {
    std::string name = "box-" + std::to_string(number);
    if (::mkdirat(parent, name.c_str(), 0755) == 0)
      return name;
    if (errno != EEXIST)
      return {};
  }
}

}  // namespace

BoxCgroup::BoxCgroup(const SandboxLimits& limits) {
  for (int parent = kWorkerFirstCgroup; parent < kWorkerFirstJobFd; ++parent) {
    struct stat status{};
    if (::fstat(parent, &status) < 0 || !S_ISDIR(status.st_mode))
      continue;
    Group group{parent, make_group(parent), {}};
    if (group.name.empty())
      continue;
    group.fd = UniqueFd(::openat(parent, group.name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (group.fd && limit(group.fd.get(), limits))
      groups_.push_back(std::move(group));
    else
      ::unlinkat(parent, group.name.c_str(), AT_REMOVEDIR);
  }
}

BoxCgroup::~BoxCgroup() {
  for (const Group& group : groups_)
    ::unlinkat(group.parent, group.name.c_str(), AT_REMOVEDIR);
}

/// Whether the group has a limit now.
bool BoxCgroup::limit(int group, const SandboxLimits& limits) {
  const bool memory = memory_ < 0 && limit_memory(group, limits.memory);
  // PID 1, which is ours, is one of them; but a program there must be.
  const bool pids =
      pids_ < 0 && write_cgroup_file(group, "pids.max", std::to_string(std::max(limits.pids, 2U)));
  const bool cpus = !cpus_ && limits.cpus > 0 && limit_cpus(group, limits.cpus);
  if (memory)
    memory_ = group;
  if (pids)
    pids_ = group;
  cpus_ = cpus_ || cpus;
  return memory || pids || cpus;
}

void BoxCgroup::enter() const {
  for (const Group& group : groups_) {
    // Version 1 moves a thread that asks for itself without stopping every fork() of the machine first, for
    // which the kernel waits some 10 ms. Version 2 has no such file.
    if (!write_cgroup_file(group.fd.get(), "tasks", "0") &&
        !write_cgroup_file(group.fd.get(), "cgroup.procs", "0"))
      throw_errno("cannot enter the cgroup of the box");
  }
}

std::uint64_t BoxCgroup::oom_kills() const {
  return read_cgroup_value(memory_, "memory.events", "oom_kill") +
         read_cgroup_value(memory_, "memory.oom_control", "oom_kill");
}

std::uint64_t BoxCgroup::refused_processes() const {
  return read_cgroup_value(pids_, "pids.events", "max");
}

std::uint64_t BoxCgroup::memory_peak() const {
  for (const char* file : {"memory.peak", "memory.max_usage_in_bytes"}) {
    UniqueFd fd(::openat(memory_, file, O_RDONLY | O_CLOEXEC));
    if (fd)
      return std::stoull("0" + read_all(fd.get()));
  }
  return 0;
}

}  // namespace bootstrap
