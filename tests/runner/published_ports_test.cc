#include "runner/published_ports.h"

#include <arpa/inet.h>

#include "base/error.h"
#include "runner/ipv4.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("IPv4 addresses are read") {
  CHECK(parse_ipv4("127.0.0.1").s_addr == htonl(INADDR_LOOPBACK));
  for (const char* wrong : {"", "10.87.0", "10.87.0.256", "::1", "localhost"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_ipv4(wrong), Error);
  }
}

TEST_CASE("a port that is taken is named") {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  const std::vector<UniqueFd> taken = listen_on({{"127.0.0.1", 0, 80}});
  REQUIRE(::getsockname(taken[0].get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::uint16_t port = ntohs(address.sin_port);
  try {
    listen_on({{"127.0.0.1", port, 80}});
    FAIL("both listen");
  } catch (const Error& error) {
    CHECK(error.message().find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  }
}

}  // namespace
}  // namespace bootstrap
