#include "update/markdown.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("what cannot be markup stays as it is") {
  for (const char* text :
       {"", "libssl3", "1:3.0.14-1", "3.0.14-1", "80/tcp", "listens", "exit 0, as it should"})
    CHECK(inert(text) == text);
}

TEST_CASE("what could be markup becomes code") {
  CHECK(inert("1.0~rc1") == "` 1.0~rc1 `");
  CHECK(inert("a|b") == "` a\\|b `");
  CHECK(inert("![x](https://mirror.example/y)") == "` ![x](https://mirror.example/y) `");
  CHECK(inert("see https://mirror.example/y") == "` see https://mirror.example/y `");
  CHECK(inert("www.mirror.example") == "` www.mirror.example `");
  CHECK(inert("<img src=x>") == "` <img src=x> `");
  CHECK(inert("@everybody") == "` @everybody `");
  CHECK(inert("# heading") == "` # heading `");
  CHECK(inert("a\n# heading\r- item\x1b[31m") == "` a?# heading?- item?[31m `");
}

TEST_CASE("no fence is closed from within") {
  CHECK(inert("`") == "`` ` ``");
  CHECK(inert("a``b`c") == "``` a``b`c ```");
  CHECK(code_block("plain") == "```\nplain\n```\n");
  CHECK(code_block("```\n# heading\n") == "````\n```\n# heading\n````\n");
  CHECK(code_block("x `````` y") == "```````\nx `````` y\n```````\n");
  CHECK(code_block("~~~\n") == "```\n~~~\n```\n");
  CHECK(code_block("a\r```\rb") == "````\na?```?b\n````\n");
}
