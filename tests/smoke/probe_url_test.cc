#include "smoke/probe_url.h"

#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("URLs of tests") {
  struct Case {
    const char* url;
    const char* host;
    int port;
    const char* path;
  };
  for (const Case& c :
       {Case{"http://127.0.0.1:80/", "127.0.0.1", 80, "/"}, Case{"http://localhost", "localhost", 80, "/"},
        Case{"http://127.0.0.1:8080/a/b?c=d:e#f", "127.0.0.1:8080", 8080, "/a/b?c=d:e"},
        Case{"http://127.0.0.1?q", "127.0.0.1", 80, "/?q"}}) {
    INFO(c.url);
    ProbeUrl url = parse_probe_url(c.url);
    CHECK(url.host == c.host);
    CHECK(url.port == c.port);
    CHECK(url.path == c.path);
  }
}

TEST_CASE("what cannot be probed") {
  for (const char* url :
       {"", "https://127.0.0.1/", "http://", "http://:80/", "http://127.0.0.1:/", "http://h:0/",
        "http://h:65536/", "http://h:8a/", "http://h/a b", "http://h/\r\nEvil: 1"}) {
    INFO(url);
    CHECK_THROWS_AS(parse_probe_url(url), Error);
  }
}

}  // namespace
}  // namespace bootstrap
