#include "base/json_bytes.h"

#include "base/utf8.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("bytes come out of JSON as they went in") {
  for (const std::string bytes : {"", "plain", "line\nbreak", "\xc3\xa9", "\xff", "a\xc3", "\xed\xa0\x80",
                                  "\xc0\x80", "\xf4\x90\x80\x80"}) {
    const Json parsed = parse_json(compact_json(json_of_bytes(bytes)), "x");
    CHECK(bytes_of_json(parsed) == bytes);
    CHECK(parsed.is_string() == is_utf8(bytes));
  }
  CHECK_THROWS_AS(bytes_of_json(Json::array({1000, "x"})), Json::exception);
}
