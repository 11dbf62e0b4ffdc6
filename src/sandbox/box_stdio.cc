#include "sandbox/box_stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "sandbox/signals.h"

namespace bootstrap {

namespace {

// Output of so many times the kept size ends the run.
constexpr std::uint64_t kFloodFactor = 16;
constexpr std::size_t kMaximalReport = 4 << 20;
constexpr std::size_t kBuffer = 65536;

UniqueFd copy_fd(int fd) {
  return UniqueFd(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "cannot copy a descriptor"));
}

/// Neither a program that does not read nor a full terminal may keep us from reading what it writes.
void make_nonblocking(int fd) {
  check(::fcntl(fd, F_SETFL, check(::fcntl(fd, F_GETFL), "fcntl") | O_NONBLOCK), "fcntl");
}

/// Programs reopen /dev/stdout and the like, which needs a right on what it leads to.
void give_to(const Identity& identity, int fd) {
  check(::fchown(fd, identity.uid, identity.gid), "fchown");
}

void copy_window_size(int terminal) {
  winsize size{};
  for (int ours : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::ioctl(ours, TIOCGWINSZ, &size) == 0) {
      ::ioctl(terminal, TIOCSWINSZ, &size);
      return;
    }
  }
}

/// A terminal of the box's devpts, so that programs find it in their /dev/pts.
BoxStreams connect_terminal(BoxPlan& plan) {
  BoxStreams streams;
  streams.terminal = UniqueFd(check(::openat(plan.mounts.devpts.get(), "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC),
                                    "cannot make a terminal"));
  const int master = streams.terminal.get();
  int unlocked = 0;
  check(::ioctl(master, TIOCSPTLCK, &unlocked), "cannot unlock the terminal");
  plan.input = UniqueFd(
      check(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "cannot open the terminal"));
  check(::fchown(plan.input.get(), plan.identity.uid, static_cast<gid_t>(-1)), "fchown");
  plan.output = copy_fd(plan.input.get());
  plan.error = copy_fd(plan.input.get());
  copy_window_size(master);
  make_nonblocking(master);
  streams.out = {copy_fd(master), STDOUT_FILENO};
  if (plan.spec.interactive)
    streams.input = copy_fd(master);
  return streams;
}

void connect_input(BoxPlan& plan, BoxStreams& streams) {
  if (!plan.spec.interactive) {
    plan.input = open_file("/dev/null", O_RDONLY);
  } else if (::isatty(STDIN_FILENO) == 0) {
    plan.input = copy_fd(STDIN_FILENO);
  } else {
    Pipe pipe = make_pipe();
    give_to(plan.identity, pipe.read.get());
    make_nonblocking(pipe.write.get());
    plan.input = std::move(pipe.read);
    streams.input = std::move(pipe.write);
  }
}

void connect_output(const BoxPlan& plan, int ours, BoxStreams::Output& output, UniqueFd& theirs) {
  const bool captured = plan.spec.stdio == Stdio::kCaptured;
  if (!captured && ::isatty(ours) == 0) {
    theirs = copy_fd(ours);
    return;
  }
  Pipe pipe = make_pipe();
  give_to(plan.identity, pipe.write.get());
  output = {std::move(pipe.read), captured ? -1 : ours};
  theirs = std::move(pipe.write);
}

/// Our own standard output may be gone, as in `run ... | head`; the program then finds out when we do not
/// read any more.
bool write_through(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EAGAIN) {  // a terminal that others have made non-blocking
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      return false;
    } else if (n > 0) {
      data.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  return true;
}

}  // namespace

BoxStreams connect_stdio(BoxPlan& plan) {
  if (plan.spec.stdio == Stdio::kTerminal)
    return connect_terminal(plan);
  BoxStreams streams;
  connect_input(plan, streams);
  connect_output(plan, STDOUT_FILENO, streams.out, plan.output);
  connect_output(plan, STDERR_FILENO, streams.err, plan.error);
  return streams;
}

BoxListener::BoxListener(BoxStreams streams, UniqueFd report, std::uint64_t kept)
    : streams_(std::move(streams)),
      outputs_{&streams_.out, &streams_.err},
      captured_{CapturedOutput(kept), CapturedOutput(kept)},
      report_(std::move(report)),
      kept_(kept) {
  const sigset_t forwarded = forwarded_signals();
  sigset_t blocked;
  check(::sigprocmask(SIG_BLOCK, nullptr, &blocked), "sigprocmask");
  // A worker that runs a program for the user is started with them blocked.
  if (sigismember(&blocked, SIGTERM) == 1)
    signals_ = UniqueFd(check(::signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

void BoxListener::listen(const std::function<void(int)>& signal) {
  while (outputs_[0]->from || outputs_[1]->from || report_) {
    const bool hungry = streams_.input && pending_.empty();
    std::array<pollfd, 6> fds{{{outputs_[0]->from.get(), POLLIN, 0},
                               {outputs_[1]->from.get(), POLLIN, 0},
                               {report_.get(), POLLIN, 0},
                               {signals_.get(), POLLIN, 0},
                               {hungry ? STDIN_FILENO : -1, POLLIN, 0},
                               {pending_.empty() ? -1 : streams_.input.get(), POLLOUT, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      throw_errno("poll");
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (fds[i].revents != 0)
        take_output(i);
    }
    if (fds[2].revents != 0)
      take_report();
    if (fds[3].revents != 0)
      take_signals(signal);
    if (fds[4].revents != 0)
      take_input();
    if (fds[5].revents != 0)
      feed();
    if (!flooded_ && captured_[0].total() + captured_[1].total() > kFloodFactor * kept_) {
      flooded_ = true;
      signal(SIGKILL);
    }
  }
}

void BoxListener::take_output(std::size_t index) {
  BoxStreams::Output& output = *outputs_[index];
  std::array<char, kBuffer> buffer;
  const ssize_t n = ::read(output.from.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  // A terminal that nobody has open any more says EIO.
  if (n == 0 || (n < 0 && errno == EIO)) {
    output.from.reset();
    return;
  }
  const std::string_view data(buffer.data(), static_cast<std::size_t>(check(n, "read from the sandbox")));
  if (output.to < 0)
    captured_[index].append(data);
  else if (!write_through(output.to, data))
    output.from.reset();
}

void BoxListener::take_report() {
  std::array<char, kBuffer> buffer;
  const ssize_t n = ::read(report_.get(), buffer.data(), buffer.size());
  if (n < 0 && errno == EINTR)
    return;
  if (check(n, "read from the sandbox") == 0)
    report_.reset();
  else if (report_text_.size() + static_cast<std::size_t>(n) <= kMaximalReport)
    report_text_.append(buffer.data(), static_cast<std::size_t>(n));
}

void BoxListener::take_signals(const std::function<void(int)>& signal) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) > 0) {
    if (info.ssi_signo != SIGWINCH)
      signal(static_cast<int>(info.ssi_signo));
    else if (streams_.terminal)
      copy_window_size(streams_.terminal.get());
  }
}

void BoxListener::take_input() {
  std::array<char, kBuffer> buffer;
  const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (n <= 0) {
    streams_.input.reset();  // the end of ours is the end of the program's
    return;
  }
  pending_.assign(buffer.data(), static_cast<std::size_t>(n));
  feed();
}

void BoxListener::feed() {
  const ssize_t n = ::write(streams_.input.get(), pending_.data(), pending_.size());
  if (n >= 0) {
    pending_.erase(0, static_cast<std::size_t>(n));
  } else if (errno != EAGAIN && errno != EINTR) {
    pending_.clear();  // the program does not read any more
    streams_.input.reset();
  }
}

}  // namespace bootstrap
