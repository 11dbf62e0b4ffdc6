// Network interfaces, addresses and routes of the network namespace that the caller is in: rtnetlink(7). A
// request is one message that the kernel acknowledges; a listing is many.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "runner/ipv4.h"

struct nlmsghdr;

namespace bootstrap {

struct Link {
  int index = 0;
  int master = 0;  ///< index of the bridge that it is a port of; zero: none
  std::string name;
  std::string alias;  ///< free text, which ends with the interface
};

/// Every change throws kFailure with what the kernel said.
class Netlink {
 public:
  Netlink();

  std::vector<Link> links();
  std::optional<Link> find_link(const std::string& name);
  void add_bridge(const std::string& name);
  /// A pair of interfaces: what is sent into one comes out of the other. They end together.
  void add_veth(const std::string& name, const std::string& peer);
  void remove(int link);
  void set_alias(int link, const std::string& alias);
  void set_master(int link, int bridge);
  void set_up(int link, std::uint32_t mtu = 0);
  /// Into the network namespace of a process.
  void move(int link, pid_t process, const std::string& new_name);

  /// Those that interfaces have addresses of: of all, or of one.
  std::vector<Ipv4Network> networks();
  std::vector<Ipv4Network> networks_of(int link);
  void add_address(int link, in_addr address, unsigned prefix);
  void add_route(const Ipv4Network& to, in_addr gateway);
  /// Whoever sends there is told that it may not be.
  void prohibit(const Ipv4Network& to);

 private:
  class Request;
  void send(Request& request);
  std::vector<Ipv4Network> list_networks(std::optional<int> link);
  void list(Request& request, const std::function<void(const nlmsghdr&)>& take);

  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace bootstrap
