#include "sandbox/id_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/fd.h"

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
                "it must be installed setuid root or with cap_setuid and cap_setgid (apt install "
                "--reinstall uidmap), and /etc/subuid and /etc/subgid must list your user");
  }
}

}  // namespace bootstrap
