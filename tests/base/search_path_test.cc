#include "base/search_path.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("programs are found by name") {
  const auto shell = find_in_path("sh");
  REQUIRE(shell);
  CHECK(shell->is_absolute());
  CHECK(shell->filename() == "sh");
  CHECK_FALSE(find_in_path("no-such-program"));
}
