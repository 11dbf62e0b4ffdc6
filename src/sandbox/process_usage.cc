#include "sandbox/process_usage.h"

#include <dirent.h>
#include <fcntl.h>

#include <cctype>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace bootstrap {

namespace {

/// "RssAnon:      1234 kB" -> bytes. Zero for a process that has just gone.
std::uint64_t anonymous_memory(int proc, const std::string& pid) {
  constexpr std::string_view kKey = "\nRssAnon:";
  UniqueFd fd(::openat(proc, (pid + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return 0;
  char buffer[4096];
  const ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
  const std::string_view status(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t key = status.find(kKey);
  const std::size_t digits = key == std::string_view::npos ? key : status.find_first_of("0123456789", key);
  if (digits == std::string_view::npos)
    return 0;
  std::uint64_t kilobytes = 0;
  std::from_chars(status.data() + digits, status.data() + status.size(), kilobytes);
  return kilobytes * 1024;
}

}  // namespace

ProcessUsage usage_of_all_processes() {
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  ProcessUsage usage;
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0 || name == "1")
      continue;
    usage.memory += anonymous_memory(::dirfd(proc.get()), name);
    ++usage.count;
  }
  return usage;
}

}  // namespace bootstrap
