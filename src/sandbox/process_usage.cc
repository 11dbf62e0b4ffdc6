#include "sandbox/process_usage.h"

#include <dirent.h>
#include <fcntl.h>

#include <cctype>
#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/fd.h"

namespace bootstrap {

namespace {

struct Process {
  std::string parent;
  std::uint64_t memory = 0;  ///< anonymous memory in bytes
};

/// The value in "\nKEY:\t   VALUE kB\n"; empty when there is none.
std::string_view value_of(std::string_view status, std::string_view key) {
  const std::size_t found = status.find(key);
  const std::size_t start =
      found == std::string_view::npos ? found : status.find_first_of("0123456789", found);
  if (start == std::string_view::npos)
    return {};
  return status.substr(start, status.find_first_not_of("0123456789", start) - start);
}

/// All zero for a process that has just gone.
Process look_at(int proc, const std::string& pid) {
  UniqueFd fd(::openat(proc, (pid + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return {};
  char buffer[4096];
  const ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
  const std::string_view status(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string_view memory = value_of(status, "\nRssAnon:");
  std::uint64_t kilobytes = 0;
  std::from_chars(memory.data(), memory.data() + memory.size(), kilobytes);
  return {std::string(value_of(status, "\nPPid:")), kilobytes * 1024};
}

using Processes = std::unordered_map<std::string, Process>;

/// Everything in a PID namespace descends from its PID 1.
bool descends(const Processes& processes, const std::string& pid, const std::string& ancestor) {
  auto found = processes.find(pid);
  // Parents that were looked at one after the other need not lead anywhere.
  for (std::size_t steps = 0; found != processes.end() && steps < processes.size(); ++steps) {
    if (found->second.parent == ancestor)
      return true;
    found = processes.find(found->second.parent);
  }
  return false;
}

}  // namespace

ProcessUsage usage_of_all_processes() {
  std::error_code ignored;
  const std::string self = std::filesystem::read_symlink("/proc/self", ignored).string();
  std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  Processes processes;
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0 && name != self)
      processes.emplace(name, look_at(::dirfd(proc.get()), name));
  }
  // Where /proc is our own, nothing else is in it; even what could not be looked at in time is ours.
  const bool all = self == "1";
  ProcessUsage usage;
  for (const auto& [pid, process] : processes) {
    if (!all && !descends(processes, pid, self))
      continue;
    usage.memory += process.memory;
    ++usage.count;
  }
  return usage;
}

}  // namespace bootstrap
