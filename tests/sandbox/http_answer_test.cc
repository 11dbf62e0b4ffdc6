#include "sandbox/http_answer.h"

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("an HTTP answer has status, length and body") {
  auto answer = parse_http_answer("HTTP/1.1 404 Not Found\r\nServer: x\r\ncontent-LENGTH:  5 \r\n\r\nhello");
  REQUIRE(answer);
  CHECK(answer->status == 404);
  CHECK(answer->content_length == 5U);
  CHECK(answer->body == "hello");
}

TEST_CASE("bare line feeds, no reason, no length, no body") {
  auto answer = parse_http_answer("HTTP/1.0 204\n\n");
  REQUIRE(answer);
  CHECK(answer->status == 204);
  CHECK_FALSE(answer->content_length);
  CHECK(answer->body.empty());
}

TEST_CASE("what is not a whole HTTP header is none") {
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n",
                           "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                           "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/2 200\r\n\r\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_answer(text));
  }
}
