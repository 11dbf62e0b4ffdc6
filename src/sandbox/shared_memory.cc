#include "sandbox/shared_memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"

namespace bootstrap {

namespace {

std::uint64_t used(int file_system) {
  struct statfs status{};
  if (::fstatfs(file_system, &status) < 0)
    return 0;
  return (status.f_blocks - status.f_bfree) * static_cast<std::uint64_t>(status.f_bsize);
}

/// The sum of columns of a table with a header, such as /proc/sysvipc/shm: of this process's own namespace.
std::uint64_t sum_of(const char* table, const std::set<std::string>& columns) {
  UniqueFd fd(::open(table, O_RDONLY | O_CLOEXEC));
  if (!fd)
    return 0;  // a kernel without it
  std::istringstream lines(read_all(fd.get()));
  std::string line;
  std::getline(lines, line);
  std::istringstream header(line);
  using Words = std::istream_iterator<std::string>;
  const std::vector<std::string> names(Words{header}, Words{});
  std::uint64_t sum = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    for (std::size_t i = 0; i < names.size() && words >> word; ++i) {
      if (columns.count(names[i]) > 0)
        sum += std::stoull("0" + word);
    }
  }
  return sum;
}

std::uint64_t system_v() {
  constexpr std::uint64_t kSemaphore = 64;  // bytes of the kernel's
  return sum_of("/proc/sysvipc/shm", {"rss", "swap"}) + sum_of("/proc/sysvipc/msg", {"cbytes"}) +
         kSemaphore * sum_of("/proc/sysvipc/sem", {"nsems"});
}

using Inodes = std::set<ino_t>;

/// Of files without a name that the process has open and that are not among `seen` yet.
std::uint64_t open_files(int proc, const std::string& place, dev_t file_system, Inodes& seen) {
  UniqueFd fd(::openat(proc, (place + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::unique_ptr<DIR, int (*)(DIR*)> stream(fd ? ::fdopendir(fd.get()) : nullptr, &::closedir);
  if (!stream)
    return 0;  // has just gone
  const int directory = fd.release();
  std::uint64_t bytes = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    struct statx status{};
    // As it is known: a file system that is a program might not answer.
    if (entry->d_name[0] == '.' ||
        ::statx(directory, entry->d_name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &status) < 0)
      continue;
    if (::makedev(status.stx_dev_major, status.stx_dev_minor) == file_system && S_ISREG(status.stx_mode) &&
        seen.insert(status.stx_ino).second)
      bytes += status.stx_blocks * 512;
  }
  return bytes;
}

/// Of files without a name that nobody has open: each process's part of what several have mapped.
std::uint64_t mapped_files(int proc, const std::string& place, dev_t file_system, const Inodes& open) {
  UniqueFd fd(::openat(proc, (place + "/smaps").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return 0;
  std::istringstream lines(read_all(fd.get()));
  std::uint64_t kilobytes = 0;
  bool counts = false;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first.ends_with(':')) {
      std::uint64_t value = 0;
      if (counts && (first == "Pss:" || first == "SwapPss:") && words >> value)
        kilobytes += value;
      continue;
    }
    // ADDRESSES RIGHTS OFFSET MAJOR:MINOR INODE NAME
    std::string rights, offset, device, name;
    ino_t inode = 0;
    words >> rights >> offset >> device >> inode >> name;
    unsigned major = 0;
    unsigned minor = 0;
    counts = std::sscanf(device.c_str(), "%x:%x", &major, &minor) == 2 &&
             ::makedev(major, minor) == file_system && open.count(inode) == 0 && !name.starts_with("/SYSV");
  }
  return kilobytes * 1024;
}

}  // namespace

SharedMemory::SharedMemory(std::vector<UniqueFd> file_systems) {
  for (UniqueFd& fd : file_systems) {
    const std::uint64_t before = used(fd.get());
    file_systems_.push_back({std::move(fd), before});
  }
  struct stat status{};
  const UniqueFd nameless(check(::memfd_create("memory", MFD_CLOEXEC), "memfd_create"));
  check(::fstat(nameless.get(), &status), "fstat");
  nameless_ = status.st_dev;
}

std::uint64_t SharedMemory::in_use(const ProcessUsage& processes, std::uint64_t limit) const {
  std::uint64_t bytes = system_v();
  for (const FileSystem& file_system : file_systems_) {
    const std::uint64_t now = used(file_system.fd.get());
    bytes += now - std::min(now, file_system.before);
  }
  const UniqueFd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Inodes open;
  for (const std::string& place : processes.places)
    bytes += open_files(proc.get(), place, nameless_, open);
  if (processes.memory + bytes + processes.mapped <= limit)
    return bytes;
  for (const std::string& place : processes.places)
    bytes += mapped_files(proc.get(), place, nameless_, open);
  return bytes;
}

}  // namespace bootstrap
