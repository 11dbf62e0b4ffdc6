// The network of a box that has more than loopback: one interface, configured by the worker, who is root of
// the network namespace. The program is not, and can change none of it.
//
// Private networks are prohibited by routes, whoever carries the packets outside: the box is for programs
// that use the Internet, not for those that look around where their machine stands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "runner/ipv4.h"

namespace bootstrap {

struct BoxNetwork {
  static constexpr const char* kInterface = "eth0";  ///< somebody outside makes it

  in_addr address{};
  unsigned prefix = 24;
  in_addr gateway{};
  std::uint32_t mtu = 1500;
  std::vector<in_addr> nameservers;
  std::vector<Ipv4Network> reachable;  ///< private networks that are not prohibited
  std::vector<in_addr> machine;        ///< addresses of the machine itself, which are prohibited
};

Json to_json(const BoxNetwork& network);
BoxNetwork box_network_from_json(const Json& json);

/// In the worker: waits for the interface and configures it. Throws kSandbox when it does not come.
void enter_network(const BoxNetwork& network);

/// What /etc/resolv.conf of the box says.
std::string resolver_configuration(const BoxNetwork& network);

/// Where the file that says so belongs, relative to the root directory `tree`: etc/resolv.conf, or, where
/// that is a link, the file it stands for inside the tree. Images of machines have one into /run.
std::string resolver_path(int tree);

/// The nameservers that a resolv.conf(5) names, less those of IPv6 and those on loopback, which no other
/// network namespace can reach.
std::vector<in_addr> parse_nameservers(const std::string& resolv_conf);

}  // namespace bootstrap
