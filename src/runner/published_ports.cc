#include "runner/published_ports.h"

#include <fmt/format.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <list>
#include <string>

#include "base/error.h"
#include "runner/ipv4.h"
#include "sandbox/privileges.h"
#include "sandbox/seccomp_filter.h"

namespace bootstrap {

namespace {

constexpr int kBacklog = 128;
constexpr std::size_t kMaximalConnections = 512;
constexpr std::size_t kBuffer = 65536;
constexpr int kPatienceMs = 2000;

sockaddr_in address_of(in_addr address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr = address;
  result.sin_port = htons(port);
  return result;
}

/// One direction of a connection.
struct Flow {
  std::string pending;
  bool ended = false;  ///< nothing more comes

  bool wants_input() const { return !ended && pending.empty(); }

  void read_from(int fd) {
    std::array<char, kBuffer> buffer;
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0)
      pending.assign(buffer.data(), static_cast<std::size_t>(n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
      ended = true;
  }

  /// False when nobody takes it any more.
  bool write_to(int fd) {
    const ssize_t n = ::send(fd, pending.data(), pending.size(), MSG_NOSIGNAL);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    pending.erase(0, static_cast<std::size_t>(n));
    if (pending.empty() && ended)
      ::shutdown(fd, SHUT_WR);
    return true;
  }
};

class Connection {
 public:
  Connection(UniqueFd client, UniqueFd service) : client_(std::move(client)), service_(std::move(service)) {}

  std::array<pollfd, 2> wanted() const {
    return {pollfd{client_.get(), events(to_service_, to_client_), 0},
            pollfd{service_.get(), events(to_client_, to_service_), 0}};
  }

  /// All that the service sent has been passed on.
  bool is_delivered() const { return to_client_.ended && to_client_.pending.empty(); }

  /// False when it is over.
  bool advance(short client_events, short service_events) {
    constexpr short kReadable = POLLIN | POLLHUP;
    if (((client_events | service_events) & POLLERR) != 0)
      return false;
    if ((client_events & kReadable) != 0 && to_service_.wants_input() &&
        !carry(to_service_, client_.get(), service_.get()))
      return false;
    if ((service_events & kReadable) != 0 && to_client_.wants_input() &&
        !carry(to_client_, service_.get(), client_.get()))
      return false;
    if ((client_events & POLLOUT) != 0 && !to_client_.pending.empty() && !to_client_.write_to(client_.get()))
      return false;
    if ((service_events & POLLOUT) != 0 && !to_service_.pending.empty() &&
        !to_service_.write_to(service_.get()))
      return false;
    return !(to_client_.ended && to_service_.ended && to_client_.pending.empty() &&
             to_service_.pending.empty());
  }

 private:
  static short events(const Flow& from_here, const Flow& to_here) {
    return static_cast<short>((from_here.wants_input() ? POLLIN : 0) |
                              (to_here.pending.empty() ? 0 : POLLOUT));
  }

  static bool carry(Flow& flow, int from, int to) {
    flow.read_from(from);
    return flow.write_to(to);
  }

  UniqueFd client_;
  UniqueFd service_;
  Flow to_service_;
  Flow to_client_;
};

/// Nothing when the service is not there (yet): the client sees its connection closed.
UniqueFd connect_to(std::uint16_t port) {
  UniqueFd service(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of({htonl(INADDR_LOOPBACK)}, port);
  if (service && (::connect(service.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
                  ::fcntl(service.get(), F_SETFL, O_NONBLOCK) < 0))
    service.reset();
  return service;
}

void accept_from(const Forwarding& forwarding, std::list<Connection>& connections) {
  UniqueFd client(::accept4(forwarding.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client || connections.size() >= kMaximalConnections)
    return;
  if (UniqueFd service = connect_to(forwarding.port))
    connections.emplace_back(std::move(client), std::move(service));
}

/// Carries connections until the pipe `running` is closed at its other end, and what was sent until then.
void carry_connections(const std::vector<Forwarding>& forwardings, int running) {
  std::list<Connection> connections;
  for (bool draining = false; !draining || !connections.empty();) {
    std::vector<pollfd> fds{{draining ? -1 : running, 0, 0}};
    for (const Forwarding& forwarding : forwardings)
      fds.push_back({draining ? -1 : forwarding.listener.get(), POLLIN, 0});
    for (const Connection& connection : connections) {
      const std::array<pollfd, 2> wanted = connection.wanted();
      fds.insert(fds.end(), wanted.begin(), wanted.end());
    }
    if (::poll(fds.data(), fds.size(), -1) < 0)
      continue;
    draining = draining || fds[0].revents != 0;
    auto events = fds.begin() + 1 + static_cast<std::ptrdiff_t>(forwardings.size());
    for (auto connection = connections.begin(); connection != connections.end(); events += 2) {
      if (connection->advance(events[0].revents, events[1].revents) &&
          !(draining && connection->is_delivered()))
        ++connection;
      else
        connection = connections.erase(connection);
    }
    for (std::size_t i = 0; i < forwardings.size(); ++i) {
      if (fds[1 + i].revents != 0)
        accept_from(forwardings[i], connections);
    }
  }
}

/// It must not hold what the worker has open: others wait for the end of those.
void close_all_but(const std::vector<Forwarding>& forwardings, int running) {
  std::vector<unsigned> kept{static_cast<unsigned>(running)};
  for (const Forwarding& forwarding : forwardings)
    kept.push_back(static_cast<unsigned>(forwarding.listener.get()));
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (unsigned fd : kept) {
    if (fd > next)
      check(::syscall(SYS_close_range, next, fd - 1, 0), "close_range");
    next = fd + 1;
  }
  check(::syscall(SYS_close_range, next, ~0U, 0), "close_range");
}

}  // namespace

std::vector<UniqueFd> listen_on(const std::vector<PublishedPort>& ports) {
  std::vector<UniqueFd> listeners;
  for (const PublishedPort& port : ports) {
    const std::string what = fmt::format("cannot listen on {}:{}", port.address, port.host);
    UniqueFd listener(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), what));
    const int yes = 1;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), what);
    const sockaddr_in address = address_of(parse_ipv4(port.address), port.host);
    check(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), what);
    check(::listen(listener.get(), kBacklog), what);
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

PortForwarder::PortForwarder(std::vector<Forwarding> forwardings) {
  if (forwardings.empty())
    return;
  Pipe pipe = make_pipe();
  const pid_t pid = check(::fork(), "fork");
  if (pid > 0) {
    process_.reset(static_cast<int>(check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
    running_ = std::move(pipe.write);
    return;
  }
  try {
    ::prctl(PR_SET_NAME, "ports");
    check(::prctl(PR_SET_DUMPABLE, 0), "prctl");
    pipe.write.reset();
    close_all_but(forwardings, pipe.read.get());
    keep_only(0);
    install_seccomp_filters();
    carry_connections(forwardings, pipe.read.get());
    ::_exit(0);
  } catch (const std::exception&) {
    ::_exit(1);
  }
}

void PortForwarder::finish() {
  if (!process_)
    return;
  running_.reset();
  pollfd ended{process_.get(), POLLIN, 0};
  ::poll(&ended, 1, kPatienceMs);
}

}  // namespace bootstrap
