#include "fetch/url.h"

#include "support/catch.h"

namespace bootstrap {

TEST_CASE("URLs are shown without what may be secret") {
  CHECK(shown_url("https://mirror.example/debian/a.deb") == "https://mirror.example/debian/a.deb");
  CHECK(shown_url("https://user:pass@mirror.example/debian") == "https://mirror.example/debian");
  CHECK(shown_url("https://user:" + std::string(600, 'x') + "@mirror.example/") == "https://mirror.example/");
  CHECK(shown_url("https://user:p@ss@mirror.example") == "https://mirror.example");
  CHECK(shown_url("https://token@mirror.example:8080/x@y") == "https://mirror.example:8080/x@y");
  CHECK(shown_url("https://mirror.example/a?token=secret") == "https://mirror.example/a");
  CHECK(shown_url("https://user:a?b@mirror.example/") == "https://user:a");
  CHECK(shown_url("https://mirror.example/a#secret") == "https://mirror.example/a");
  CHECK(shown_url("file:///srv/a@b/c") == "file:///srv/a@b/c");
  CHECK(shown_url("") == "");
}

TEST_CASE("only http, https and file are fetched") {
  for (const char* url : {"http://a/", "https://a/", "HTTPS://a/", "file:///a"})
    CHECK(is_fetchable(url));
  for (const char* url : {"ftp://a/", "scp://a/", "/etc/passwd", "", "://a", "ht tp://a", "mirror.example/x"})
    CHECK_FALSE(is_fetchable(url));
}

TEST_CASE("redirects go to http and https, never back from https, never to files") {
  CHECK(is_redirect_allowed("http://a/", "http://b/"));
  CHECK(is_redirect_allowed("http://a/", "https://b/"));
  CHECK(is_redirect_allowed("https://a/", "https://b/"));
  CHECK_FALSE(is_redirect_allowed("https://a/", "http://b/"));
  CHECK_FALSE(is_redirect_allowed("http://a/", "file:///etc/passwd"));
  CHECK_FALSE(is_redirect_allowed("https://a/", "FILE:///etc/passwd"));
  CHECK_FALSE(is_redirect_allowed("http://a/", "ftp://b/"));
  CHECK_FALSE(is_redirect_allowed("file:///a", "http://b/"));
}

TEST_CASE("what a server says cannot command the terminal") {
  CHECK(shown_text("\x1b[2Jgzip\r\n\xc3\xa9") == "?[2Jgzip????");
  CHECK(shown_url("http://a/\x1b[2J") == "http://a/?[2J");
  CHECK(shown_text(std::string(600, 'x')) == std::string(500, 'x') + "...");
}

}  // namespace bootstrap
