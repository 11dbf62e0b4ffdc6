// What of bridge_network.h is only thinking.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "runner/bridge_network.h"

namespace bootstrap {

namespace {

constexpr std::string_view kOwnInterface = "bootstrap0";
constexpr std::string_view kNameserverMark = "dns:";

std::string joined(const std::vector<Ipv4Network>& networks) {
  std::string text;
  for (const Ipv4Network& network : networks)
    text += (text.empty() ? "" : ", ") + to_string(network);
  return text;
}

}  // namespace

std::string to_alias(const BridgePort& port) {
  std::string alias = to_string(port.address);
  for (const Ipv4Network& network : port.reachable)
    alias += " " + to_string(network);
  for (const in_addr nameserver : port.nameservers)
    alias += " " + std::string(kNameserverMark) + to_string(nameserver);
  return alias;
}

BridgePort port_of_alias(const std::string& alias) {
  std::istringstream words(alias);
  std::string word;
  words >> word;
  BridgePort port{parse_ipv4(word), {}, {}};
  while (words >> word) {
    if (word.starts_with(kNameserverMark))
      port.nameservers.push_back(parse_ipv4(word.substr(kNameserverMark.size())));
    else
      port.reachable.push_back(parse_ipv4_network(word));
  }
  return port;
}

std::string bridge_rules(const Ipv4Network& network, const std::vector<BridgePort>& ports,
                         const std::vector<std::string>& closed) {
  std::string others;
  for (const std::string& interface : closed) {
    if (interface != kOwnInterface)
      others += fmt::format("    iifname \"{}\" oifname != \"{}\" drop\n", interface, kOwnInterface);
  }
  std::string exceptions;
  for (const BridgePort& port : ports) {
    // Sets of intervals may not overlap, rules may.
    for (const Ipv4Network& reachable : port.reachable)
      exceptions +=
          fmt::format("    ip saddr {} ip daddr {} accept\n", to_string(port.address), to_string(reachable));
    for (const in_addr nameserver : port.nameservers)
      exceptions +=
          fmt::format("    ip saddr {} ip daddr {} meta l4proto {{ tcp, udp }} th dport 53 accept\n",
                      to_string(port.address), to_string(nameserver));
  }
  // nft has no "replace": declaring the table first makes deleting it succeed in any case, and all is one
  // transaction.
  return fmt::format(R"(table ip bootstrap
delete table ip bootstrap
table ip bootstrap {{
  chain reachable {{
{}  }}
  chain forward {{
    type filter hook forward priority filter - 1
{}    iifname != "bootstrap0" oifname != "bootstrap0" accept
    oifname "bootstrap0" ct state established,related accept
    iifname "bootstrap0" oifname "bootstrap0" accept
    oifname "bootstrap0" drop
    jump reachable
    ip daddr {{ {} }} drop
  }}
  chain input {{
    type filter hook input priority filter - 1
    iifname != "bootstrap0" accept
    jump reachable
    drop
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat
    ip saddr {} oifname != "bootstrap0" masquerade
  }}
}}
)",
                     exceptions, others, joined(private_networks()), to_string(network));
}

Ipv4Network choose_network(const std::vector<Ipv4Network>& taken) {
  for (unsigned number = 0; number < 256; ++number) {
    const Ipv4Network network = parse_ipv4_network(fmt::format("10.89.{}.0/24", number));
    if (std::none_of(taken.begin(), taken.end(),
                     [&](const Ipv4Network& other) { return other.overlaps(network); }))
      return network;
  }
  throw Error(ErrorKind::kSandbox,
              "this machine has addresses of all networks from 10.89.0.0/24 to 10.89.255.0/24");
}

in_addr choose_address(const Ipv4Network& network, const std::vector<BridgePort>& ports) {
  constexpr unsigned kFirst = 2;  // after the bridge's own
  constexpr unsigned kLast = 254;
  for (unsigned number = kFirst; number <= kLast; ++number) {
    const in_addr address = network.host(number);
    if (std::none_of(ports.begin(), ports.end(),
                     [&](const BridgePort& port) { return port.address.s_addr == address.s_addr; }))
      return address;
  }
  throw Error(ErrorKind::kSandbox, "all addresses of the bridge " + to_string(network) + " are taken");
}

}  // namespace bootstrap
