#include "sandbox/captured_output.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("output within the limit is kept as it is") {
  CapturedOutput output(10);
  output.append("01234");
  output.append("56789");
  CHECK(output.text() == "0123456789");
  CHECK(output.total() == 10);
}

TEST_CASE("of too much output the beginning and the end are kept") {
  CapturedOutput output(10);
  for (char c = 'a'; c <= 'z'; ++c)
    output.append(std::string(1, c));
  CHECK(output.text() == "abcde\n[16 bytes left out]\nvwxyz");
  CHECK(output.total() == 26);
  CapturedOutput at_once(10);
  at_once.append("abcdefghijklmnopqrstuvwxyz");
  CHECK(at_once.text() == output.text());
}
