#include "sandbox/command_server.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/json.h"
#include "sandbox/execute.h"

namespace bootstrap {

namespace {

constexpr std::uint64_t kMaximalOutput = 64 << 10;

// Above what a process has open here, below its limit of descriptors.
constexpr int kRequests = 900;
constexpr int kAnswers = 901;

/// Output goes to files in memory: a pipe would have to be read all the while.
std::string take_output(int file) {
  const off_t size = check(::lseek(file, 0, SEEK_END), "lseek");
  std::string text(std::min<std::uint64_t>(static_cast<std::uint64_t>(size), kMaximalOutput), '\0');
  const ssize_t n = check(::pread(file, text.data(), text.size(), 0), "pread");
  text.resize(static_cast<std::size_t>(n));
  check(::ftruncate(file, 0), "ftruncate");
  check(::lseek(file, 0, SEEK_SET), "lseek");
  return text;
}

[[noreturn]] void run_command(const ExecProbe& command, int out, int err) {
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::close(kRequests);
  ::close(kAnswers);
  const ExecFailure failure = execute(command.argv, command.env);
  const std::string line = failure.problem + "\n";
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0)
    ::_exit(1);
  ::_exit(failure.exit_code);
}

/// Keeps nothing else open: PID 1 waits for the program's exec to close the other pipes, and this process
/// never becomes the program.
void keep_only_channel(const CommandChannel& channel) {
  check(::dup2(channel.requests.read.get(), kRequests), "dup2");
  check(::dup2(channel.answers.write.get(), kAnswers), "dup2");
  check(::syscall(SYS_close_range, STDERR_FILENO + 1, kRequests - 1, 0), "close_range");
  check(::syscall(SYS_close_range, kAnswers + 1, ~0U, 0), "close_range");
}

void serve(const ExecProbe& command, int requests, int answers) {
  UniqueFd out(check(::memfd_create("stdout", MFD_CLOEXEC), "memfd_create"));
  UniqueFd err(check(::memfd_create("stderr", MFD_CLOEXEC), "memfd_create"));
  for (char byte = 0; ::read(requests, &byte, 1) == 1;) {
    const pid_t pid = check(::fork(), "fork");
    if (pid == 0)
      run_command(command, out.get(), err.get());
    int status = 0;
    check(::waitpid(pid, &status, 0), "waitpid");
    const Json answer = {{"exit_code", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)},
                         {"out", take_output(out.get())},
                         {"err", take_output(err.get())}};
    const std::vector<std::uint8_t> bytes = Json::to_cbor(answer);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    write_all(answers, {reinterpret_cast<const char*>(&size), sizeof size});
    write_all(answers, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

}  // namespace

void start_command_server(const ExecProbe& command, const CommandChannel& channel) {
  // A sibling of the program, which might wonder about a child that it never had.
  const long pid = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (check(pid, "clone") != 0)
    return;
  try {
    ::setsid();
    keep_only_channel(channel);
    serve(command, kRequests, kAnswers);
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

std::optional<CommandAnswer> CommandAnswerReader::read(int answers) {
  std::uint32_t size = 0;
  for (;;) {
    if (received_.size() >= sizeof size) {
      received_.copy(reinterpret_cast<char*>(&size), sizeof size);
      if (received_.size() >= sizeof size + size)
        break;
    }
    char buffer[16384];
    const ssize_t n = ::read(answers, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return std::nullopt;
    if (check(n, "read from the command server") == 0)
      throw Error(ErrorKind::kFailure, "no command can be started in the box any more");
    received_.append(buffer, static_cast<std::size_t>(n));
  }
  const Json json = parse_cbor(std::string_view(received_).substr(sizeof size, size), "the command server");
  received_.clear();
  return CommandAnswer{json.at("exit_code").get<int>(), json.at("out").get<std::string>(),
                       json.at("err").get<std::string>()};
}

}  // namespace bootstrap
