#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "base/fd.h"

extern char** environ;

namespace bootstrap {

namespace {

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void dup(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Feeds `input` and drains both outputs at the same time, so that no pipe can fill up and block the child.
void pump(UniqueFd& in, const std::string& input, UniqueFd& out, UniqueFd& err, ProcessResult& result) {
  std::size_t written = 0;
  if (input.empty())
    in.reset();
  std::array<char, 65536> buffer;
  while (in || out || err) {
    std::array<pollfd, 3> fds{{{in.get(), POLLOUT, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      throw_errno("poll");
    }
    if (fds[0].revents != 0) {
      ssize_t n = ::write(in.get(), input.data() + written, input.size() - written);
      if (n > 0)
        written += static_cast<std::size_t>(n);
      if (written == input.size() || (n < 0 && errno != EAGAIN && errno != EINTR))
        in.reset();
    }
    for (auto [fd, text, revents] :
         {std::tuple(&out, &result.out, fds[1].revents), std::tuple(&err, &result.err, fds[2].revents)}) {
      if (revents == 0)
        continue;
      ssize_t n = ::read(fd->get(), buffer.data(), buffer.size());
      if (n > 0)
        text->append(buffer.data(), static_cast<std::size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR))
        fd->reset();
    }
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const std::string& input) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnActions actions;
  actions.dup(in.read.get(), 0);
  actions.dup(out.write.get(), 1);
  actions.dup(err.write.get(), 2);

  std::vector<char*> arguments;
  for (const std::string& argument : argv)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  int error = ::posix_spawnp(&pid, arguments[0], actions.get(), nullptr, arguments.data(), environ);
  if (error != 0)
    throw_errno("cannot run " + argv[0], error);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  check(::fcntl(in.write.get(), F_SETFL, O_NONBLOCK), "fcntl");

  ProcessResult result;
  // A child that exits without reading its input must not kill us.
  auto previous = std::signal(SIGPIPE, SIG_IGN);
  pump(in.write, input, out.read, err.read, result);
  std::signal(SIGPIPE, previous);

  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR)
      throw_errno("waitpid");
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string signal_name(int number) {
  const char* known = ::sigabbrev_np(number);
  return known != nullptr ? std::string("SIG") + known : "signal " + std::to_string(number);
}

std::string describe_end(int status) {
  return WIFSIGNALED(status) ? "was killed by " + signal_name(WTERMSIG(status))
                             : "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace bootstrap
