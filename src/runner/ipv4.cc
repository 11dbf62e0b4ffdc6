#include "runner/ipv4.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>

#include "base/error.h"

namespace bootstrap {

namespace {

std::uint32_t mask_of(unsigned prefix) {
  return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

std::uint32_t number_of(in_addr address) {
  return ntohl(address.s_addr);
}

}  // namespace

in_addr parse_ipv4(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
    throw Error(ErrorKind::kUsage, "\"" + text + "\" is not an IPv4 address");
  return address;
}

std::string to_string(in_addr address) {
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

bool Ipv4Network::contains(in_addr other) const {
  return ((number_of(address) ^ number_of(other)) & mask_of(prefix)) == 0;
}

bool Ipv4Network::overlaps(const Ipv4Network& other) const {
  return contains(other.address) || other.contains(address);
}

in_addr Ipv4Network::host(unsigned number) const {
  return {htonl((number_of(address) & mask_of(prefix)) + number)};
}

Ipv4Network parse_ipv4_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  Ipv4Network network{parse_ipv4(text.substr(0, slash)), 32};
  if (slash == std::string::npos)
    return network;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, network.prefix);
  if (error != std::errc{} || stop != end || network.prefix > 32)
    throw Error(ErrorKind::kUsage, "\"" + text + "\" is not an IPv4 network", "write 10.0.0.0/8");
  network.address = network.host(0);
  return network;
}

std::string to_string(const Ipv4Network& network) {
  return to_string(network.address) + "/" + std::to_string(network.prefix);
}

const std::vector<Ipv4Network>& private_networks() {
  static const std::vector<Ipv4Network> kNetworks = [] {
    std::vector<Ipv4Network> networks;
    for (const char* text :
         {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16"})
      networks.push_back(parse_ipv4_network(text));
    return networks;
  }();
  return kNetworks;
}

}  // namespace bootstrap
