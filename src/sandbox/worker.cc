#include "sandbox/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/process.h"
#include "base/search_path.h"
#include "sandbox/signals.h"
#include "sandbox/worker_process.h"

namespace bootstrap {

namespace {

// The worker handles hostile trees, so nothing it says is taken without a bound.
constexpr std::size_t kMaximalResult = 512 << 20;
constexpr std::size_t kKeptComplaint = 4096;

UniqueFd make_input(const Json& input) {
  UniqueFd fd(check(::memfd_create("job", MFD_CLOEXEC), "memfd_create"));
  // Not compact_json(): a path that is not UTF-8 must be an error here, not another path.
  try {
    write_all(fd.get(), input.dump());
  } catch (const Json::type_error&) {
    throw Error(ErrorKind::kUsage, "a path, an argument or a variable is not UTF-8");
  }
  check(::lseek(fd.get(), 0, SEEK_SET), "lseek");
  return fd;
}

UniqueFd open_null() {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) {
    throw Error(ErrorKind::kSandbox, std::string("cannot open /dev/null: ") + std::strerror(errno),
                "as root: mknod -m 666 /dev/null c 1 3, or mount the machine's /dev there");
  }
  return null;
}

/// What the worker says, line by line.
class Conversation {
 public:
  explicit Conversation(const WorkerProgress& progress) : progress_(progress) {}

  void feed(std::string_view data) {
    buffer_.append(data);
    std::size_t start = 0;
    for (std::size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1)
      take_line(std::string_view(buffer_).substr(start, end - start));
    buffer_.erase(0, start);
    if (buffer_.size() > kMaximalResult)
      throw Error(ErrorKind::kFailure, "the worker's result is too large");
  }

  /// The last line: a result or an error.
  const std::optional<Json>& end() const { return end_; }

 private:
  void take_line(std::string_view line) {
    Json message = parse_json(line, "message of the worker");
    if (message.contains("progress")) {
      if (progress_)
        progress_(message.at("progress").get<std::string>());
    } else {
      end_ = std::move(message);
    }
  }

  const WorkerProgress& progress_;
  std::string buffer_;
  std::optional<Json> end_;
};

/// Takes the signals that ask for something, to pass them on. Without it they end this process, and so the
/// worker with all that is in it.
class ForwardedSignals {
 public:
  explicit ForwardedSignals(bool wanted) {
    if (!wanted)
      return;
    const sigset_t signals = forwarded_signals();
    check(::sigprocmask(SIG_BLOCK, &signals, &before_), "sigprocmask");
    fd_ = UniqueFd(check(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
  }
  ~ForwardedSignals() {
    if (fd_)
      ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  ForwardedSignals(const ForwardedSignals&) = delete;
  ForwardedSignals& operator=(const ForwardedSignals&) = delete;

  int fd() const { return fd_.get(); }
  void pass_to(const WorkerProcess& worker) const {
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) > 0)
      worker.signal(static_cast<int>(info.ssi_signo));
  }

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

/// A worker and the cgroup that is removed after it.
struct Worker {
  explicit Worker(const IdRange& ids) : cgroup(ids) {}

  WorkerCgroup cgroup;
  std::optional<WorkerProcess> process;
};

/// Reads both pipes until the result has come, or else to their ends. Returns the end of what came on the
/// second. (Their ends come late: a worker closes them when its file systems have been freed.)
std::string listen(UniqueFd& result, UniqueFd& complaints, const ForwardedSignals& signals,
                   const WorkerProcess& worker, Conversation& conversation) {
  std::string complaint;
  std::array<char, 65536> buffer;
  while (!conversation.end() && (result || complaints)) {
    std::array<pollfd, 3> fds{
        {{result.get(), POLLIN, 0}, {complaints.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      throw_errno("poll");
    }
    if (fds[2].revents != 0)
      signals.pass_to(worker);
    for (std::size_t i = 0; i < 2; ++i) {
      if (fds[i].revents == 0)
        continue;
      ssize_t n = ::read(fds[i].fd, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (check(n, "read from the worker") == 0) {
        (i == 0 ? result : complaints).reset();
        continue;
      }
      std::string_view data(buffer.data(), static_cast<std::size_t>(n));
      if (i == 0) {
        conversation.feed(data);
      } else {
        complaint.append(data);
        if (complaint.size() > kKeptComplaint)
          complaint.erase(0, complaint.size() - kKeptComplaint);
      }
    }
  }
  return complaint;
}

[[noreturn]] void throw_death(const std::string& job, int status, std::string complaint) {
  while (!complaint.empty() && complaint.back() == '\n')
    complaint.pop_back();
  throw Error(ErrorKind::kFailure, "the worker (job " + job + ") " + describe_end(status) +
                                       (complaint.empty() ? "" : ": " + complaint));
}

}  // namespace

std::filesystem::path find_worker_program() {
  return find_own_program("bootstrap-worker");
}

WorkerResult run_worker_to_result(const std::filesystem::path& program, const IdRange& ids,
                                  const WorkerJob& job, const WorkerProgress& progress) {
  UniqueFd input = make_input(job.input);
  Pipe result = make_pipe();
  Pipe complaints = make_pipe();
  UniqueFd null = open_null();
  auto worker = std::make_shared<Worker>(ids);
  std::vector<int> cgroups = worker->cgroup.fds();
  cgroups.resize(WorkerCgroup::kMaximalGroups, null.get());
  std::vector<int> fds = {null.get(), complaints.write.get(), complaints.write.get()};
  if (job.inherit_stdio)
    fds = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  fds.insert(fds.end(), {input.get(), result.write.get()});
  fds.insert(fds.end(), cgroups.begin(), cgroups.end());
  fds.insert(fds.end(), job.fds.begin(), job.fds.end());

  const ForwardedSignals signals(job.inherit_stdio);
  WorkerProcess& process = worker->process.emplace(
      WorkerStart{program, job.name, std::move(fds), job.paths, job.translated, job.inherit_stdio}, ids,
      worker->cgroup);
  result.write.reset();
  complaints.write.reset();
  if (job.started)
    job.started(process.pid());
  Conversation conversation(progress);
  std::string complaint = listen(result.read, complaints.read, signals, process, conversation);

  if (!conversation.end())
    throw_death(job.name, process.wait(), complaint);
  const Json& end = *conversation.end();
  if (job.trace != nullptr)
    job.trace->add(end.at("trace"));
  if (end.contains("error"))
    throw error_from_json(end.at("error"));
  return {end.at("result"), std::move(worker)};
}

Json run_worker(const std::filesystem::path& program, const IdRange& ids, const WorkerJob& job,
                const WorkerProgress& progress) {
  return run_worker_to_result(program, ids, job, progress).value;
}

}  // namespace bootstrap
