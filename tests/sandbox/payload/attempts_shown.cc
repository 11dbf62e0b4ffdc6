// What of the machine, and of who started the box, is left lying about.
#include <fcntl.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <set>
#include <sstream>

#include "attempts.h"

namespace {

bool descriptors(const HostFacts&) {
  for (int fd = 3; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0)
      return true;
  }
  return false;
}

/// Whether a path as mountinfo has it leads somewhere in a usual directory of a host, rather than to
/// something in the mount.
bool is_host_path(const std::string& path) {
  static const std::set<std::string> kUsual = {"etc", "home", "mnt", "opt", "root",
                                               "run", "srv",  "tmp", "usr", "var"};
  if (path.empty() || path[0] != '/')
    return false;
  const std::size_t slash = path.find('/', 1);
  return slash != std::string::npos && kUsual.contains(path.substr(1, slash - 1));
}

bool host_paths(const HostFacts&) {
  std::istringstream lines(content_of("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root;
    fields >> id >> parent >> device >> root;
    if (is_host_path(root))
      return true;
    for (const char* option : {"lowerdir=", "upperdir=", "workdir="}) {
      const std::size_t at = line.find(option);
      if (at != std::string::npos && is_host_path(line.substr(line.find('=', at) + 1)))
        return true;
    }
  }
  return false;
}

/// PID 1 was started with paths of the host as its arguments. Where it is the program itself, there is
/// nothing to see.
bool host_arguments(const HostFacts&) {
  return ::getppid() != 1 && content_of("/proc/1/cmdline").find('/') != std::string::npos;
}

bool control_group_path(const HostFacts&) {
  std::istringstream lines(content_of("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 1 && !line.ends_with(":/"))
      return true;
  }
  return false;
}

bool write_root(const HostFacts&) {
  return done(::open("/attempted-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

}  // namespace

std::span<const Attempt> attempts_on_what_is_shown() {
  static constexpr Attempt kAttempts[] = {
      {"environment", [](const HostFacts&) { return std::getenv("ATTEMPTED_SECRET") != nullptr; }},
      {"descriptors", descriptors},
      {"host-memory",
       [](const HostFacts& host) {
         return done(::shmget(static_cast<key_t>(std::stoi(host.at("shm"))), 0, 0));
       }},
      {"host-paths", host_paths},
      {"host-arguments", host_arguments},
      {"cgroup-path", control_group_path},
      {"write-root", write_root}};
  return kAttempts;
}
