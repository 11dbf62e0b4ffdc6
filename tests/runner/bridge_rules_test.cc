#include "base/error.h"
#include "runner/bridge_network.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("the alias of an interface says all about a run on the bridge") {
  const BridgePort port{
      parse_ipv4("10.89.0.7"), {parse_ipv4_network("192.168.1.0/24")}, {parse_ipv4("10.0.0.53")}};
  CHECK(to_alias(port) == "10.89.0.7 192.168.1.0/24 dns:10.0.0.53");
  const BridgePort again = port_of_alias(to_alias(port));
  CHECK(to_alias(again) == to_alias(port));
}

TEST_CASE("the bridge gets a network and its boxes get addresses that nobody has") {
  CHECK(to_string(choose_network({})) == "10.89.0.0/24");
  CHECK(to_string(choose_network(
            {parse_ipv4_network("10.89.0.128/25"), parse_ipv4_network("192.0.2.0/24")})) == "10.89.1.0/24");
  CHECK_THROWS_AS(choose_network({parse_ipv4_network("10.0.0.0/8")}), Error);
  const Ipv4Network network = parse_ipv4_network("10.89.0.0/24");
  std::vector<BridgePort> ports;
  CHECK(to_string(choose_address(network, ports)) == "10.89.0.2");
  while (ports.size() < 253)
    ports.push_back({choose_address(network, ports), {}, {}});
  CHECK(to_string(ports.back().address) == "10.89.0.254");
  CHECK_THROWS_AS(choose_address(network, ports), Error);
}

TEST_CASE("the packet rules let each run out, and only where it may") {
  const Ipv4Network network = parse_ipv4_network("10.89.0.0/24");
  const std::string rules = bridge_rules(
      network, {{parse_ipv4("10.89.0.2"), {parse_ipv4_network("192.168.1.0/24")}, {parse_ipv4("10.0.0.53")}}},
      {"bootstrap0", "near"});
  CHECK(rules.find("ip saddr 10.89.0.2 ip daddr 192.168.1.0/24 accept") != std::string::npos);
  CHECK(rules.find("ip saddr 10.89.0.2 ip daddr 10.0.0.53 meta l4proto { tcp, udp } th dport 53 accept") !=
        std::string::npos);
  CHECK(rules.find("169.254.0.0/16") != std::string::npos);
  CHECK(rules.find("ip saddr 10.89.0.0/24 oifname != \"bootstrap0\" masquerade") != std::string::npos);
  CHECK(rules.find("iifname \"near\" oifname != \"bootstrap0\" drop") != std::string::npos);
  CHECK(rules.find("iifname \"bootstrap0\" oifname != \"bootstrap0\" drop") == std::string::npos);
  const std::string others = "iifname != \"bootstrap0\" oifname != \"bootstrap0\" accept";
  CHECK(rules.find(others) != std::string::npos);
  CHECK(rules.find("oifname != \"bootstrap0\" drop") < rules.find(others));
}
