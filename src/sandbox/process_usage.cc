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

#include "base/error.h"
#include "base/fd.h"

namespace bootstrap {

namespace {

struct Process {
  std::string place;  ///< empty: it has no memory, or is gone
  std::string parent;
  std::uint64_t memory = 0;
  std::uint64_t mapped = 0;
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

std::uint64_t bytes_in(std::string_view status, std::string_view key) {
  const std::string_view value = value_of(status, key);
  std::uint64_t kilobytes = 0;
  std::from_chars(value.data(), value.data() + value.size(), kilobytes);
  return kilobytes * 1024;
}

/// All of it: a program decides how long the line of its groups is, which comes first.
std::string status_of(int proc, const std::string& place) {
  UniqueFd fd(::openat(proc, (place + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  try {
    return fd ? read_all(fd.get()) : std::string();
  } catch (const Error&) {
    return {};  // has just gone
  }
}

std::vector<std::string> numbers_in(int directory, const std::string& path) {
  UniqueFd fd(::openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::unique_ptr<DIR, int (*)(DIR*)> stream(fd ? ::fdopendir(fd.get()) : nullptr, &::closedir);
  if (stream)
    fd.release();
  std::vector<std::string> names;
  while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0)
      names.emplace_back(entry->d_name);
  }
  return names;
}

Process look_at(int proc, const std::string& pid) {
  constexpr std::string_view kAnonymous = "\nRssAnon:";
  Process process{pid, {}};
  std::string status = status_of(proc, pid);
  process.parent = value_of(status, "\nPPid:");
  // The first thread may end before the others, and then tells nothing of the memory that they have.
  if (value_of(status, kAnonymous).empty()) {
    process.place.clear();
    for (const std::string& thread : numbers_in(proc, pid + "/task")) {
      const std::string place = pid + "/task/" + thread;
      status = status_of(proc, place);
      if (thread != pid && !value_of(status, kAnonymous).empty()) {
        process.place = place;
        break;
      }
    }
  }
  process.memory = bytes_in(status, kAnonymous) + bytes_in(status, "\nVmSwap:");
  process.mapped = bytes_in(status, "\nRssShmem:");
  return process;
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
  const UniqueFd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Processes processes;
  for (const std::string& name : numbers_in(proc.get(), ".")) {
    if (name != self)
      processes.emplace(name, look_at(proc.get(), name));
  }
  // Where /proc is our own, nothing else is in it; even what could not be looked at in time is ours.
  const bool all = self == "1";
  ProcessUsage usage;
  for (const auto& [pid, process] : processes) {
    if (!all && !descends(processes, pid, self))
      continue;
    usage.memory += process.memory;
    usage.mapped += process.mapped;
    ++usage.count;
    if (!process.place.empty())
      usage.places.push_back(process.place);
  }
  return usage;
}

}  // namespace bootstrap
