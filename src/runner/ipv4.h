// IPv4 addresses and networks as people write them.
#pragma once

#include <netinet/in.h>

#include <compare>
#include <string>
#include <vector>

namespace bootstrap {

/// Throws kUsage when it is not the address of an IPv4 interface, as in "127.0.0.1"; in network order.
in_addr parse_ipv4(const std::string& text);
std::string to_string(in_addr address);

struct Ipv4Network {
  in_addr address{};
  unsigned prefix = 32;

  bool contains(in_addr other) const;
  bool overlaps(const Ipv4Network& other) const;
  /// The address with this number in it.
  in_addr host(unsigned number) const;
};

/// "10.0.0.0/8", or an address alone. Throws kUsage.
Ipv4Network parse_ipv4_network(const std::string& text);
std::string to_string(const Ipv4Network& network);

/// What is not of the Internet but of somebody's own network, and link-local, where clouds tell machines
/// their secrets.
const std::vector<Ipv4Network>& private_networks();

}  // namespace bootstrap
