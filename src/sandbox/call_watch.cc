#include "sandbox/call_watch.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <set>

#include "base/error.h"

namespace bootstrap {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which system call table is this machine's?"
#endif

// Sending the listener is a system call that nobody can answer yet, so sendmsg on this one descriptor is let
// through. It is closed by exec; a program's own descriptor of this number would go unseen, which is why it
// is none that is given out before hundreds of others.
constexpr int kHandOver = 1000;

sock_filter statement(unsigned code, std::uint32_t k) {
  return sock_filter{static_cast<std::uint16_t>(code), 0, 0, k};
}
sock_filter jump(unsigned code, std::uint32_t k, std::uint8_t if_true, std::uint8_t if_false) {
  return sock_filter{static_cast<std::uint16_t>(code), if_true, if_false, k};
}

std::vector<sock_filter> make_filter(const std::vector<int>& known_calls) {
  constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr unsigned kEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr unsigned kReturn = BPF_RET | BPF_K;
  std::vector<sock_filter> filter = {
      statement(kLoad, offsetof(seccomp_data, arch)), jump(kEqual, kArchitecture, 1, 0),
      statement(kReturn, SECCOMP_RET_ALLOW),  // a foreign table: the box's own filter kills for it
      statement(kLoad, offsetof(seccomp_data, args)), jump(kEqual, kHandOver, 0, 3),
      statement(kLoad, offsetof(seccomp_data, nr)),   jump(kEqual, SYS_sendmsg, 0, 1),
      statement(kReturn, SECCOMP_RET_ALLOW),          statement(kLoad, offsetof(seccomp_data, nr)),
  };
  for (int call : known_calls) {
    filter.push_back(jump(kEqual, static_cast<std::uint32_t>(call), 0, 1));
    filter.push_back(statement(kReturn, SECCOMP_RET_ALLOW));
  }
  filter.push_back(statement(kReturn, SECCOMP_RET_USER_NOTIF));
  return filter;
}

void send_descriptor(int socket, int fd) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  check(::sendmsg(socket, &message, MSG_NOSIGNAL), "sendmsg");
}

/// Empty when the other side closed without sending one.
UniqueFd receive_descriptor(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  check(::recvmsg(socket, &message, MSG_CMSG_CLOEXEC), "recvmsg");
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
    return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

void answer_call(int listener, std::set<int>& calls) {
  seccomp_notif call{};
  // ENOENT: the process was killed meanwhile.
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
    if (errno != ENOENT && errno != EINTR)
      throw_errno("cannot receive a system call notification");
    return;
  }
  calls.insert(call.data.nr);
  seccomp_notif_resp answer{};
  answer.id = call.id;
  answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno != ENOENT)
    throw_errno("cannot let a system call go on");
}

}  // namespace

WatchChannel make_watch_channel() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void install_call_watch(const std::vector<int>& known_calls, int program_socket) {
  UniqueFd socket(check(::fcntl(program_socket, F_DUPFD_CLOEXEC, kHandOver), "fcntl"));
  if (socket.get() != kHandOver)
    throw Error(ErrorKind::kFailure, "the descriptor for handing over the system call listener is taken");
  std::vector<sock_filter> filter = make_filter(known_calls);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
  constexpr unsigned long SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1UL << 5;
#endif
  // Without the second flag (Linux 5.19) a signal may make a program see a call interrupted that never is.
  const unsigned long flags[] = {SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                                 SECCOMP_FILTER_FLAG_NEW_LISTENER};
  long listener = -1;
  for (unsigned long set : flags) {
    listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, set, &program);
    if (listener >= 0 || errno != EINVAL)
      break;
  }
  if (listener < 0)
    throw Error(ErrorKind::kSandbox, std::string("system calls cannot be watched: ") + std::strerror(errno),
                "seccomp's user notification is needed: Linux 5.8, and no other such filter around us");
  send_descriptor(kHandOver, static_cast<int>(listener));
}

std::vector<int> watch_calls(UniqueFd watcher_socket) {
  const UniqueFd listener = receive_descriptor(watcher_socket.get());
  std::set<int> calls;
  pollfd event{listener.get(), POLLIN, 0};
  while (listener) {
    if (::poll(&event, 1, -1) < 0) {
      if (errno == EINTR)
        continue;
      throw_errno("poll");
    }
    if ((event.revents & POLLIN) == 0)
      break;  // nobody has the filter any more
    answer_call(listener.get(), calls);
  }
  return {calls.begin(), calls.end()};
}

}  // namespace bootstrap
