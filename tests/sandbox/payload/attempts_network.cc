// Sockets: of families that a service does not need, and to places outside.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "attempts.h"

namespace {

bool make_socket(long family, int type, int protocol = 0) {
  return done(::syscall(SYS_socket, family, type, protocol));
}

bool connect_to(const char* address, int port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address, &peer.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return done(::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer));
}

/// Names in the abstract namespace belong to the network namespace, not to any directory.
bool host_abstract(const HostFacts& host) {
  const std::string& name = host.at("abstract");
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  name.copy(peer.sun_path + 1, sizeof peer.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return done(::connect(fd, reinterpret_cast<sockaddr*>(&peer), size));
}

bool rare_families(const HostFacts&) {
  for (int family : {AF_AX25, AF_IPX, AF_APPLETALK, AF_X25, AF_KEY, AF_RDS, AF_CAN, AF_TIPC, AF_BLUETOOTH,
                     AF_NFC, AF_XDP, AF_QIPCRTR, AF_SMC}) {
    if (make_socket(family, SOCK_RAW) || make_socket(family, SOCK_DGRAM) || make_socket(family, SOCK_STREAM))
      return true;
  }
  return false;
}

/// The kernel makes two sockets, and then says that those have no pairs.
bool reaches_by_pair(long family) {
  for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET}) {
    int ends[2];
    if (done(::syscall(SYS_socketpair, family, type, 0, ends)) || errno == EOPNOTSUPP)
      return true;
  }
  return false;
}

bool pair_families(const HostFacts&) {
  for (long family = 0; family < 64; ++family) {
    if (family != AF_UNIX && reaches_by_pair(family))
      return true;
  }
  return false;
}

/// Families of their own, or transports with many holes behind them, that the internet's families lead to.
bool rare_protocols(const HostFacts&) {
  constexpr int kDccp = 33;
  constexpr int kL2tp = 115;
  constexpr int kSctp = 132;
  constexpr int kSmc = 256;
  for (int protocol : {kDccp, kL2tp, kSctp, kSmc}) {
    for (long family : {long{AF_INET}, long{AF_INET6}}) {
      for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_DCCP}) {
        // Kernels without them say what the filter says.
        if (make_socket(family, type, protocol))
          return true;
      }
    }
  }
  const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return done(::setsockopt(tcp, IPPROTO_TCP, TCP_ULP, "smc", 3)) || errno == ENOENT;
}

/// Gives the loopback interface the flags it has, which takes the same right as taking it down.
bool change_interface(const HostFacts&) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  return ::ioctl(fd, SIOCGIFFLAGS, &request) == 0 && done(::ioctl(fd, SIOCSIFFLAGS, &request));
}

}  // namespace

std::span<const Attempt> attempts_on_the_network() {
  static constexpr Attempt kAttempts[] = {
      {"raw", [](const HostFacts&) { return make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
      {"packet", [](const HostFacts&) { return make_socket(AF_PACKET, SOCK_RAW); }},
      {"vsock", [](const HostFacts&) { return make_socket(AF_VSOCK, SOCK_STREAM); }},
      {"alg", [](const HostFacts&) { return make_socket(AF_ALG, SOCK_SEQPACKET); }},
      {"netlink-route", [](const HostFacts&) { return make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }},
      {"netlink-audit", [](const HostFacts&) { return make_socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }},
      {"netlink-netfilter",
       [](const HostFacts&) { return make_socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }},
      {"netlink-high",
       [](const HostFacts&) { return make_socket(0x100000000L | AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }},
      {"rare-families", rare_families},
      {"pair-families", pair_families},
      {"pair-high", [](const HostFacts&) { return reaches_by_pair(0x100000000L | AF_VSOCK); }},
      {"rare-protocols", rare_protocols},
      {"host-abstract", host_abstract},
      {"metadata", [](const HostFacts&) { return connect_to("169.254.169.254", 80); }},
      {"host-loopback",
       [](const HostFacts& host) { return connect_to("127.0.0.1", std::stoi(host.at("tcp"))); }},
      {"host-lan",
       [](const HostFacts& host) { return connect_to(host.at("lan").c_str(), std::stoi(host.at("tcp"))); }},
      {"internet", [](const HostFacts&) { return connect_to("1.1.1.1", 53); }},
      {"interface", change_interface}};
  return kAttempts;
}
