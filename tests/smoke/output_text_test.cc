#include "smoke/output_text.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("text stays as it is") {
  CHECK(displayable("plain\ttext\n") == "plain\ttext\n");
  CHECK(displayable("F\xc5\x91 \xe2\x82\xac \xf0\x9f\x98\x80") == "F\xc5\x91 \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST_CASE("what a terminal would obey is shown as numbers") {
  CHECK(displayable("\x1b[2J\r\x07\x7f") == "\\x1b[2J\\x0d\\x07\\x7f");
  CHECK(displayable(std::string_view("\0", 1)) == "\\x00");
  CHECK(displayable("\xc2\x9b") == "\\xc2\\x9b");  // CSI in eight bits
}

TEST_CASE("what is no UTF-8 is shown as numbers") {
  CHECK(displayable("a\xff") == "a\\xff");
  CHECK(displayable("\xc5") == "\\xc5");                             // cut short
  CHECK(displayable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(displayable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(displayable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  CHECK(displayable("\xe2\x28\xa1") == "\\xe2(\\xa1");
}

TEST_CASE("the last lines") {
  CHECK(last_lines("", 3).empty());
  CHECK(last_lines("a", 1) == "a");
  CHECK(last_lines("a\nb\nc\n", 2) == "b\nc\n");
  CHECK(last_lines("a\nb\nc", 2) == "b\nc");
  CHECK(last_lines("a\nb\n", 5) == "a\nb\n");
  CHECK(last_lines("\n\n\n", 1) == "\n");
}

}  // namespace
}  // namespace bootstrap
