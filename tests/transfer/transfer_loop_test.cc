// Retries, redirects and parallel transfers.
#include "transfer/transfer_loop.h"

#include <algorithm>
#include <thread>

#include "transfer/transfer_fixture.h"

namespace bootstrap {

namespace {

const std::string kContent = noise(5'000);

}  // namespace

TEST_CASE("what may pass is tried again") {
  TransferFixture fixture;
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  HttpAnswer trouble;
  SECTION("503") {
    trouble = {.body = "busy", .status = 503};
  }
  SECTION("500 with a long page") {
    trouble = {.body = noise(200'000), .status = 500};
  }
  SECTION("429") {
    trouble = {.status = 429, .headers = {{"Retry-After", "0"}}};
  }
  SECTION("closed before a byte of the body") {
    trouble = {.body = kContent, .cut_after = 0};
  }
  SECTION("stalled") {
    trouble = {.body = kContent, .stall_after = 100};
  }
  fixture.server.serve_in_turn("/a", {trouble, trouble, {.body = kContent}});
  fixture.fetch({wanted});
  CHECK(fixture.has(kContent));
  CHECK(fixture.server.requests("/a").size() == 3);
}

TEST_CASE("but not for ever") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.status = 503});
  Error error = fixture.failure(fixture.download(kContent, {fixture.server.url("/a")}));
  CHECK(error.kind() == ErrorKind::kNetwork);
  check_contains(error.message(), fixture.server.url("/a") + ": HTTP 503 (3 attempts)");
  CHECK(fixture.server.requests("/a").size() == 3);
}

TEST_CASE("a line that ends every connection after a while is put up with") {
  TransferFixture fixture;
  const std::string content = noise(20'000);
  fixture.server.serve("/a", {.body = content, .cut_after = 1000});
  fixture.fetch({fixture.download(content, {fixture.server.url("/a")})});
  CHECK(fixture.has(content));
  CHECK(fixture.server.requests("/a").size() == 20);
}

TEST_CASE("the next URL is tried after what will not pass") {
  TransferFixture fixture;
  fixture.server.serve("/forbidden", {.status = 403});
  fixture.server.serve("/here", {.body = kContent});
  fixture.fetch({fixture.download(
      kContent, {fixture.server.url("/missing"), "ftp://mirror.example/a", fixture.server.url("/forbidden"),
                 "file:///nonexistent/a", fixture.server.url("/here")})});
  CHECK(fixture.has(kContent));
  // Small error pages are read to their end, so that the connection serves the next request too.
  CHECK(fixture.server.connections() == 1);
}

TEST_CASE("a file that nobody has is named with every URL") {
  TransferFixture fixture;
  Error error =
      fixture.failure(fixture.download(kContent, {fixture.server.url("/missing"), "file:///nonexistent/a"}));
  CHECK(error.kind() == ErrorKind::kNetwork);
  check_contains(error.message(), "/missing: HTTP 404");
  check_contains(error.message(), "file:///nonexistent/a: no such file");
}

TEST_CASE("a server that is not there") {
  TransferFixture fixture;
  std::string url;
  {
    url = HttpServer().url("/a");
  }
  Error error = fixture.failure(fixture.download(kContent, {url}));
  CHECK(error.kind() == ErrorKind::kNetwork);
  check_contains(error.message(), url);
}

TEST_CASE("redirects are followed") {
  TransferFixture fixture;
  fixture.server.serve("/here", {.body = kContent});
  fixture.server.redirect("/1", "/2", 301);
  fixture.server.redirect("/2", fixture.server.url("/3"), 302);
  fixture.server.redirect("/3", "here", 307);
  fixture.server.redirect("/0", "/1", 308);
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/0")})});
  CHECK(fixture.has(kContent));
}

TEST_CASE("redirects that lead nowhere good are not") {
  TransferFixture fixture;
  const std::filesystem::path secret = fixture.directory.path() / "secret";
  write_file(secret, kContent, Durability::kCache);
  std::string reason;
  SECTION("a file of this machine") {
    fixture.server.redirect("/a", "file://" + secret.string());
    reason = "it redirects to file://" + secret.string() + ", which is not allowed";
  }
  SECTION("another protocol") {
    fixture.server.redirect("/a", "ftp://user:pass@mirror.example/a");
    reason = "it redirects to ftp://mirror.example/a, which is not allowed";
  }
  SECTION("a circle") {
    fixture.server.redirect("/a", "/b");
    fixture.server.redirect("/b", "/a");
    reason = "it redirects more than 5 times";
  }
  SECTION("a header in a header") {
    fixture.server.redirect("/a", "ftp://mirror.example/a\rRange: \x1b[2J");
    reason = fixture.server.url("/a") + ": ";
  }
  SECTION("nowhere") {
    fixture.server.serve("/a", {.status = 302});
    reason = "HTTP 302 without a target";
  }
  Error error = fixture.failure(fixture.download(kContent, {fixture.server.url("/a")}));
  CHECK(error.kind() == ErrorKind::kNetwork);
  check_contains(error.message(), reason);
  CHECK(error.message().find_first_of("\r\n\x1b") == std::string::npos);
}

TEST_CASE("a redirected download is resumed through the redirect") {
  TransferFixture fixture;
  fixture.server.redirect("/a", "/here");
  fixture.server.serve_in_turn("/here", {{.body = kContent, .cut_after = 100}, {.body = kContent}});
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a")})});
  CHECK(fixture.has(kContent));
  CHECK(fixture.server.requests("/here").at(1).header("range") == "bytes=100-");
}

TEST_CASE("credentials are sent but not shown") {
  TransferFixture fixture;
  std::string url = fixture.server.url("/a");
  url.insert(url.find("//") + 2, "user:secret@");
  Error error = fixture.failure(fixture.download(kContent, {url}));
  CHECK(error.message().find("secret") == std::string::npos);
  CHECK(fixture.server.requests("/a").at(0).header("authorization") == "Basic dXNlcjpzZWNyZXQ=");
}

TEST_CASE("many files share few connections") {
  TransferFixture fixture;
  const std::filesystem::path folder = fixture.directory.path() / "mirror";
  std::filesystem::create_directories(folder / "pool");
  fixture.server.serve_folder("/debian", folder);
  std::vector<Download> downloads;
  for (int i = 0; i < 100; ++i) {
    const std::string content = "package " + std::to_string(i);
    const std::string name = "pool/lib+x~" + std::to_string(i) + ".deb";
    write_file(folder / name, content, Durability::kCache);
    downloads.push_back(fixture.download(content, {fixture.server.url("/debian/" + name)}));
  }
  std::vector<std::size_t> done;
  make_curl_fetcher(fixture.store, TransferFixture::options())
      ->fetch(downloads, [&](std::size_t i) { done.push_back(i); }, {});
  std::sort(done.begin(), done.end());
  REQUIRE(done.size() == downloads.size());
  for (std::size_t i = 0; i < done.size(); ++i) {
    CHECK(done[i] == i);
    CHECK(fixture.has("package " + std::to_string(i)));
  }
  CHECK(fixture.server.connections() <= TransferFixture::options().parallel);
}

TEST_CASE("a server that sends hardly anything is not waited for, however long that takes to notice") {
  TransferFixture fixture;
  fixture.server.serve_in_turn("/a", {{.body = kContent, .stall_after = 10}, {.body = kContent}});
  FetchOptions options = TransferFixture::options();
  options.stall_timeout = std::chrono::hours(1);
  options.patience = std::chrono::seconds(1);
  make_curl_fetcher(fixture.store, options)
      ->fetch(std::vector<Download>{fixture.download(kContent, {fixture.server.url("/a")})},
              [](std::size_t) {}, {});
  CHECK(fixture.has(kContent));
  CHECK(fixture.server.requests("/a").size() == 2);
}

TEST_CASE("one slow server does not hold the others up") {
  TransferFixture fixture;
  fixture.server.serve_in_turn("/slow", {{.body = kContent, .stall_after = 10}, {.body = kContent}});
  const std::string quick = noise(100);
  fixture.server.serve("/quick", {.body = quick});
  std::vector<std::size_t> done;
  make_curl_fetcher(fixture.store, TransferFixture::options())
      ->fetch(std::vector<Download>{fixture.download(kContent, {fixture.server.url("/slow")}),
                                    fixture.download(quick, {fixture.server.url("/quick")})},
              [&](std::size_t i) { done.push_back(i); }, {});
  CHECK(done == std::vector<std::size_t>{1, 0});
}

TEST_CASE("two fetchers on one store fetch a file once") {
  TransferFixture fixture;
  const std::string content = noise(3'000'000);
  fixture.server.serve("/a", {.body = content});
  auto fetch = [&] { fixture.fetch({fixture.download(content, {fixture.server.url("/a")})}); };
  std::thread other(fetch);
  fetch();
  other.join();
  CHECK(fixture.has(content));
  CHECK(fixture.server.requests("/a").size() == 1);
}

}  // namespace bootstrap
