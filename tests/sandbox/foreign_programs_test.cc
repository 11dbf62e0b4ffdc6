#include "sandbox/foreign_programs.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("there is no emulator for an architecture that nobody knows") {
  CHECK_FALSE(find_emulator("pdp11"));
  CHECK_FALSE(find_emulator(""));
  CHECK_FALSE(find_emulator("../../bin"));
}

TEST_CASE("an architecture has one emulator, whatever it is called") {
  CHECK(find_emulator("armhf") == find_emulator("arm"));
  CHECK(find_emulator("ppc64el") == find_emulator("ppc64le"));
}
