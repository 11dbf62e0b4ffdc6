#include "base/search_path.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"

namespace bootstrap {

std::optional<std::filesystem::path> find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::filesystem::path candidate = std::filesystem::path(directory) / program;
    if (::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

std::filesystem::path running_program() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error)
    return self;
  if (error == std::errc::no_such_file_or_directory) {
    throw Error(ErrorKind::kSandbox, "/proc is not mounted here, and bootstrap cannot do without it",
                "as root: mount -t proc proc /proc. If this is a chroot, enter it by another way, such as "
                "systemd-nspawn or unshare and pivot_root: in a chroot the kernel gives nobody a sandbox");
  }
  throw Error(ErrorKind::kSandbox, "cannot read /proc/self/exe: " + error.message(),
              "whatever restricts this process must let it read /proc/self");
}

std::filesystem::path find_own_program(const std::string& program) {
  const std::filesystem::path self = running_program().parent_path();
  const std::filesystem::path beside = self / program;
  const std::filesystem::path installed = self.parent_path() / "libexec/bootstrap" / program;
  for (const std::filesystem::path& candidate : {beside, installed}) {
    if (::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  throw Error(ErrorKind::kFailure,
              "the program " + program + " is neither " + beside.string() + " nor " + installed.string(),
              "install it beside bootstrap");
}

}  // namespace bootstrap
