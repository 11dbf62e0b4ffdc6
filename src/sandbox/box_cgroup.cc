#include "sandbox/box_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "base/error.h"
#include "sandbox/worker_process.h"

namespace bootstrap {

namespace {

bool write_value(int directory, const char* file, const std::string& value) {
  UniqueFd fd(::openat(directory, file, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

}  // namespace

std::unique_ptr<BoxCgroup> BoxCgroup::make(std::uint64_t memory) {
  struct stat status {};
  if (::fstat(kWorkerCgroup, &status) < 0 || !S_ISDIR(status.st_mode))
    return nullptr;
  for (unsigned number = 0;; ++number) {
    std::string name = "box-" + std::to_string(number);
    if (::mkdirat(kWorkerCgroup, name.c_str(), 0755) < 0) {
      if (errno == EEXIST)
        continue;
      return nullptr;
    }
    UniqueFd group(::openat(kWorkerCgroup, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::unique_ptr<BoxCgroup> result(new BoxCgroup(std::move(name), std::move(group)));
    return result->limit(memory) ? std::move(result) : nullptr;
  }
}

BoxCgroup::~BoxCgroup() {
  ::unlinkat(kWorkerCgroup, name_.c_str(), AT_REMOVEDIR);
}

bool BoxCgroup::limit(std::uint64_t memory) {
  const std::string bytes = std::to_string(memory);
  if (write_value(group_.get(), "memory.max", bytes)) {
    write_value(group_.get(), "memory.swap.max", "0");  // absent without swap accounting
    return true;
  }
  if (!write_value(group_.get(), "memory.limit_in_bytes", bytes))
    return false;
  write_value(group_.get(), "memory.memsw.limit_in_bytes", bytes);
  return true;
}

void BoxCgroup::enter() const {
  if (!write_value(group_.get(), "cgroup.procs", "0"))
    throw_errno("cannot enter the cgroup of the box");
}

std::uint64_t BoxCgroup::oom_kills() const {
  for (const char* file : {"memory.events", "memory.oom_control"}) {
    UniqueFd fd(::openat(group_.get(), file, O_RDONLY | O_CLOEXEC));
    if (!fd)
      continue;
    std::istringstream text(read_all(fd.get()));
    std::string key;
    for (std::uint64_t value = 0; text >> key >> value;) {
      if (key == "oom_kill")
        return value;
    }
  }
  return 0;
}

std::uint64_t BoxCgroup::memory_peak() const {
  for (const char* file : {"memory.peak", "memory.max_usage_in_bytes"}) {
    UniqueFd fd(::openat(group_.get(), file, O_RDONLY | O_CLOEXEC));
    if (fd)
      return std::stoull("0" + read_all(fd.get()));
  }
  return 0;
}

}  // namespace bootstrap
