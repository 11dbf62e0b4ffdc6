// Tries all ways out, each in a process of its own: some kill the process, others change what later ones
// would see.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "attempts.h"
#include "payload.h"

namespace {

// Exit codes of the process, beyond the numbers of errno.
constexpr int kFailedWithoutReason = 254;
constexpr int kNotTried = 255;
constexpr unsigned kMaximalSeconds = 5;

[[noreturn]] void make(const Attempt& attempt, const HostFacts& host) {
  ::alarm(kMaximalSeconds);
  // What waits in the terminal driver or crashes is as good as refused.
  std::signal(SIGTTOU, SIG_DFL);
  int code = kNotTried;
  try {
    errno = 0;
    const bool success = attempt.succeeds(host);
    code = success ? 0 : errno == 0 ? kFailedWithoutReason : errno;
  } catch (const std::out_of_range&) {
  }
  ::_exit(code);
}

std::string outcome_of(int status) {
  if (WIFSIGNALED(status))
    return std::string("SIG") + ::sigabbrev_np(WTERMSIG(status));
  switch (const int code = WEXITSTATUS(status)) {
    case 0:
      return "OK";
    case kFailedWithoutReason:
      return "no";
    case kNotTried:
      return "-";
    default:
      return ::strerrorname_np(code);
  }
}

}  // namespace

bool can_open(const char* path, int flags) {
  return done(::open(path, flags | O_CLOEXEC | O_NONBLOCK));
}

std::string content_of(const std::string& path) {
  std::string content;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char buffer[4096];
  for (ssize_t n; fd >= 0 && content.size() < 65536 && (n = ::read(fd, buffer, sizeof buffer)) > 0;)
    content.append(buffer, static_cast<std::size_t>(n));
  const int error = errno;
  ::close(fd);
  errno = error;
  return content;
}

bool can_read(const char* path) {
  return !content_of(path).empty();
}

bool passed_the_check_of_rights(long result) {
  return result >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS);
}

int try_to_escape(const Arguments& facts) {
  HostFacts host;
  for (const std::string& fact : facts) {
    const std::size_t equals = fact.find('=');
    host[fact.substr(0, equals)] = fact.substr(equals + 1);
  }
  for (std::span<const Attempt> attempts :
       {attempts_on_kernel_files(), attempts_on_mounts(), attempts_on_devices(), attempts_on_processes(),
        attempts_with_system_calls(), attempts_on_the_network(), attempts_on_limits(),
        attempts_on_what_is_shown()}) {
    for (const Attempt& attempt : attempts) {
      const pid_t child = ::fork();
      if (child == 0)
        make(attempt, host);
      int status = 0;
      ::waitpid(child, &status, 0);
      std::printf("%s %s\n", attempt.name, outcome_of(status).c_str());
      std::fflush(stdout);
    }
  }
  return 0;
}
