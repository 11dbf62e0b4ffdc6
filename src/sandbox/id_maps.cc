#include "sandbox/id_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/search_path.h"

extern char** environ;

namespace bootstrap {

namespace {

void write_map(pid_t pid, const char* file, std::uint32_t first, bool lacks_one) {
  constexpr std::uint32_t kSpare = IdRange::kSpareId;
  const std::string map = lacks_one ? fmt::format("0 {} {}\n{} {} {}\n", first, kSpare, kSpare + 1,
                                                  first + kSpare, IdRange::kCount - kSpare - 1)
                                    : fmt::format("0 {} {}\n", first, IdRange::kCount);
  UniqueFd fd = open_file("/proc/" + std::to_string(pid) + "/" + file, O_WRONLY);
  write_all(fd.get(), map);
}

pid_t start_helper(const char* program, pid_t pid, std::uint32_t first) {
  std::array<std::string, 5> words{program, std::to_string(pid), "0", std::to_string(first),
                                   std::to_string(IdRange::kCount)};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < words.size(); ++i)
    argv[i] = words[i].data();
  pid_t helper = 0;
  int error = ::posix_spawnp(&helper, program, nullptr, nullptr, argv.data(), environ);
  if (error != 0)
    throw_errno(std::string("cannot run ") + program, error);
  return helper;
}

bool succeeded(pid_t helper) {
  int status = 0;
  while (::waitpid(helper, &status, 0) < 0) {
    if (errno != EINTR)
      throw_errno("waitpid");
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Why a helper that is there may not map.
std::string remedy(const char* helper) {
  const std::filesystem::path program = find_in_path(helper).value_or(helper);
  struct stat status{};
  struct statvfs place{};
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    return "bootstrap was started with no_new_privs, with which setuid programs have no effect: start it "
           "without";
  if (::statvfs(program.c_str(), &place) == 0 && (place.f_flag & ST_NOSUID) != 0)
    return program.string() + " lies on a file system that is mounted nosuid: mount it without";
  const bool is_setuid =
      ::stat(program.c_str(), &status) == 0 && (status.st_mode & S_ISUID) != 0 && status.st_uid == 0;
  if (!is_setuid && ::getxattr(program.c_str(), "security.capability", nullptr, 0) <= 0) {
    return program.string() +
           " is neither setuid root nor has it cap_setuid or cap_setgid; as root: apt-get install "
           "--reinstall uidmap";
  }
  return "/etc/subuid and /etc/subgid must list your user, and the lines must be well-formed";
}

}  // namespace

void write_id_maps(pid_t pid, const IdRange& ids) {
  if (!ids.needs_helpers) {
    write_map(pid, "uid_map", ids.first_uid, ids.lacks_one);
    write_map(pid, "gid_map", ids.first_gid, ids.lacks_one);
    return;
  }
  pid_t uid_helper = start_helper("newuidmap", pid, ids.first_uid);
  pid_t gid_helper = start_helper("newgidmap", pid, ids.first_gid);
  bool uid_done = succeeded(uid_helper);
  bool gid_done = succeeded(gid_helper);
  if (!uid_done || !gid_done) {
    throw Error(ErrorKind::kSandbox,
                std::string(uid_done ? "newgidmap" : "newuidmap") + " refused to map the spare ids",
                remedy(uid_done ? "newgidmap" : "newuidmap"));
  }
}

}  // namespace bootstrap
