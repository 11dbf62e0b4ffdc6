#include "sandbox/box_stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>

#include "base/error.h"
#include "sandbox/given_descriptor.h"
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
  streams.out.from = copy_fd(master);
  streams.out.to = STDOUT_FILENO;
  if (plan.spec.interactive)
    streams.input = copy_fd(master);
  return streams;
}

void connect_input(BoxPlan& plan, BoxStreams& streams) {
  if (!plan.spec.interactive) {
    plan.input = open_file("/dev/null", O_RDONLY);
  } else if (may_be_input(STDIN_FILENO)) {
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
  if (!captured && may_be_output(ours)) {
    theirs = copy_fd(ours);
    return;
  }
  Pipe pipe = make_pipe();
  give_to(plan.identity, pipe.write.get());
  output.from = std::move(pipe.read);
  output.to = captured ? -1 : ours;
  theirs = std::move(pipe.write);
}

bool is_open(const BoxStreams::Output& output) {
  return output.from || !output.pending.empty();
}

void give_up(BoxStreams::Output& output) {
  output.from.reset();
  output.pending.clear();
}

/// What is taken is passed on before more is taken.
pollfd awaited(const BoxStreams::Output& output) {
  if (output.pending.empty())
    return {output.from.get(), POLLIN, 0};
  return {output.to, POLLOUT, 0};
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
  while (is_open(*outputs_[0]) || is_open(*outputs_[1]) || report_) {
    const bool hungry = streams_.input && pending_.empty();
    std::array<pollfd, 6> fds{{awaited(*outputs_[0]),
                               awaited(*outputs_[1]),
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
      if (fds[i].revents == 0)
        continue;
      if (outputs_[i]->pending.empty())
        take_output(i);
      else
        pass_on(*outputs_[i]);
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
  else
    output.pending = data;
}

/// Our own standard output may be gone, as in `run ... | head`; the program then finds out when we do not
/// read any more.
void BoxListener::pass_on(BoxStreams::Output& output) {
  // So much can be written without waiting where poll() says that something can be.
  const ssize_t n =
      ::write(output.to, output.pending.data(), std::min<std::size_t>(output.pending.size(), PIPE_BUF));
  if (n >= 0) {
    output.pending.erase(0, static_cast<std::size_t>(n));
  } else if (errno != EAGAIN && errno != EINTR) {
    if (errno != EPIPE)
      write_error_ = errno;
    give_up(output);
  }
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
    if (info.ssi_signo != SIGWINCH) {
      signal(static_cast<int>(info.ssi_signo));
      if (!report_)  // the box is gone; what nobody takes is all that keeps us
        std::for_each(outputs_.begin(), outputs_.end(), [](BoxStreams::Output* output) { give_up(*output); });
    } else if (streams_.terminal) {
      copy_window_size(streams_.terminal.get());
    }
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
