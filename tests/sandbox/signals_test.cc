#include "sandbox/signals.h"

#include <csignal>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("signals are known by name and by number") {
  CHECK(parse_signal("SIGTERM") == SIGTERM);
  CHECK(parse_signal("QUIT") == SIGQUIT);
  CHECK(parse_signal("9") == 9);
  CHECK(parse_signal("SIGRTMIN+3") == SIGRTMIN + 3);
  for (const char* wrong : {"", "SIG", "SIGNOPE", "0", "-1", "65", "SIGRTMIN+99", "15x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_signal(wrong));
  }
}
