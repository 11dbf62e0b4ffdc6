#include "sandbox/security_label.h"

#include <cstdlib>

#include "box_fixture.h"
#include "support/catch.h"

using namespace bootstrap;

// In the guest of in_guest.py the profile is loaded; elsewhere it may be.
TEST_CASE("programs run under the profile that AppArmor has for them") {
  for (const Json& result :
       {run_script({"read", "/proc/self/attr/current"}), run_service({"read", "/proc/self/attr/current"})}) {
    INFO(out_of(result));
    const bool labelled = out_of(result).find("bootstrap-box (enforce)") != std::string::npos;
    CHECK((labelled || std::getenv("SANDBOX_TEST_APPARMOR") == nullptr));
  }
}
