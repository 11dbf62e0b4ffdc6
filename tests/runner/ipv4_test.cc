#include "runner/ipv4.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("IPv4 networks are read, and know what is in them") {
  const Ipv4Network network = parse_ipv4_network("10.1.2.3/8");
  CHECK(to_string(network) == "10.0.0.0/8");
  CHECK(network.contains(parse_ipv4("10.255.255.255")));
  CHECK_FALSE(network.contains(parse_ipv4("11.0.0.0")));
  CHECK(to_string(network.host(258)) == "10.0.1.2");
  CHECK(to_string(parse_ipv4_network("192.0.2.7")) == "192.0.2.7/32");
  CHECK(parse_ipv4_network("0.0.0.0/0").contains(parse_ipv4("203.0.113.1")));
  CHECK(network.overlaps(parse_ipv4_network("10.89.0.0/24")));
  CHECK(parse_ipv4_network("10.89.0.0/24").overlaps(network));
  CHECK_FALSE(network.overlaps(parse_ipv4_network("172.16.0.0/12")));
  for (const char* text :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8", "::1/64", "all"})
    CHECK_THROWS_AS(parse_ipv4_network(text), Error);
}

TEST_CASE("the metadata service of clouds is on a private network") {
  bool found = false;
  for (const Ipv4Network& network : private_networks())
    found = found || network.contains(parse_ipv4("169.254.169.254"));
  CHECK(found);
}
