#include "transfer/curl_fetcher.h"

#include <sys/stat.h>

#include "transfer/transfer_fixture.h"

namespace bootstrap {

namespace {

const std::string kContent = noise(50'000);

/// fetch_documents for one.
std::optional<Document> get(TransferFixture& fixture, std::vector<std::string> urls,
                            std::uint64_t max_size = 1000) {
  const DocumentRequest request{std::move(urls), "example_InRelease", max_size};
  return make_curl_fetcher(fixture.store, TransferFixture::options())->fetch_documents({&request, 1}).at(0);
}

}  // namespace

TEST_CASE("what is in the store is not fetched, unless it is damaged") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  fixture.fetch({wanted});
  fixture.fetch({wanted});
  CHECK(fixture.server.requests().size() == 1);

  std::string damaged = kContent;
  damaged[100] = static_cast<char>(damaged[100] + 1);
  write_file(path_of(fixture.store, wanted), damaged, Durability::kCache);
  fixture.fetch({wanted});
  CHECK(fixture.server.requests().size() == 2);
  CHECK(fixture.has(kContent));
}

TEST_CASE("a file that is wanted twice is fetched once") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  std::vector<std::size_t> done;
  make_curl_fetcher(fixture.store, TransferFixture::options())
      ->fetch(std::vector<Download>{wanted, wanted}, [&](std::size_t i) { done.push_back(i); }, {});
  CHECK(done == std::vector<std::size_t>{0, 1});
  CHECK(fixture.server.requests().size() == 1);
}

TEST_CASE("a file of the largest size that an index may list is asked for") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  wanted.size = 20'000'000'000;
  CHECK_THROWS_AS(fixture.fetch({wanted}), Error);
  CHECK_FALSE(fixture.server.requests().empty());
}

TEST_CASE("file URLs") {
  TransferFixture fixture;
  const std::filesystem::path file = fixture.directory.path() / "a+b~1.deb";
  write_file(file, kContent, Durability::kCache);
  const std::string url = "file://" + file.string();
  fixture.fetch({fixture.download(kContent, {url})});
  CHECK(fixture.has(kContent));
  CHECK(get(fixture, {url}, 50'000).value().content == kContent);
  CHECK_FALSE(get(fixture, {url + ".missing"}));

  const std::filesystem::path pipe = fixture.directory.path() / "a pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& odd : {"file://" + fixture.directory.path().string() + "/a%20pipe",
                                 std::string("file:///dev/zero"), std::string("file:///")}) {
    INFO(odd);
    check_contains(fixture.failure(fixture.download(noise(10), {odd})).message(), "not a regular file");
  }
}

TEST_CASE("what was complete when another file failed stays") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  auto fetcher = make_curl_fetcher(fixture.store, TransferFixture::options());
  CHECK_THROWS_AS(fetcher->fetch(std::vector<Download>{fixture.download(kContent, {fixture.server.url("/a")}),
                                                       fixture.download("x", {fixture.server.url("/slow")})},
                                 [&](std::size_t) { fixture.server.serve("/slow", {.status = 403}); }, {}),
                  Error);
  SECTION("and the fetcher can be used again") {
    fetcher->fetch(std::vector<Download>{fixture.download(kContent, {fixture.server.url("/a")})}, {}, {});
    CHECK(fixture.has(kContent));
  }
}

TEST_CASE("exceptions of the caller's functions come through") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  auto fetcher = make_curl_fetcher(fixture.store, TransferFixture::options());
  const std::vector<Download> wanted{fixture.download(kContent, {fixture.server.url("/a")})};
  CHECK_THROWS_AS(fetcher->fetch(wanted, [](std::size_t) { throw std::runtime_error("stop"); }, {}),
                  std::runtime_error);
}

TEST_CASE("progress ends at the total") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  fixture.server.serve("/b", {.body = "b"});
  std::vector<FetchProgress> shown;
  std::vector<Download> wanted{fixture.download(kContent, {fixture.server.url("/a")})};
  auto fetcher = make_curl_fetcher(fixture.store, TransferFixture::options());
  fetcher->fetch(wanted, {}, [&](const FetchProgress& progress) { shown.push_back(progress); });
  wanted.push_back(fixture.download("b", {fixture.server.url("/b")}));
  fetcher->fetch(wanted, {}, [&](const FetchProgress& progress) { shown.push_back(progress); });
  REQUIRE(shown.size() >= 2);
  for (const FetchProgress& progress : shown) {
    CHECK(progress.bytes_done <= progress.bytes_total);
    CHECK(progress.files_done <= progress.files_total);
  }
  CHECK(shown.back().bytes_done == kContent.size() + 1);
  CHECK(shown.back().bytes_total == kContent.size() + 1);
  CHECK(shown.back().files_done == 2);
  CHECK(shown.back().files_total == 2);
}

TEST_CASE("a document is fetched again only when it changed") {
  TransferFixture fixture;
  HttpAnswer first{.body = "one"};
  HttpAnswer second{.body = "two"};
  std::string condition;
  SECTION("by ETag") {
    first.etag = "\"1\"";
    second.etag = "\"2\"";
    condition = "if-none-match";
  }
  SECTION("by date") {
    first.last_modified = "Sat, 11 Jul 2026 10:16:37 GMT";
    second.last_modified = "Sun, 12 Jul 2026 10:16:37 GMT";
    condition = "if-modified-since";
  }
  const std::string url = fixture.server.url("/InRelease");
  fixture.server.serve("/InRelease", first);
  Document document = get(fixture, {url}).value();
  CHECK(document.content == "one");
  CHECK(document.url == url);
  CHECK_FALSE(document.not_modified);
  CHECK(fixture.server.requests().back().header(condition).empty());

  document = get(fixture, {url}).value();
  CHECK(document.content == "one");
  CHECK(document.not_modified);

  fixture.server.serve("/InRelease", second);
  document = get(fixture, {url}).value();
  CHECK(document.content == "two");
  CHECK_FALSE(document.not_modified);
  CHECK_FALSE(fixture.server.requests().back().header(condition).empty());
}

TEST_CASE("validators are sent only to the server that made them, and never those of a web page") {
  TransferFixture fixture;
  HttpAnswer answer{.body = "one", .etag = "\"1\""};
  const std::string url = fixture.server.url("/InRelease");
  SECTION("another mirror") {
    fixture.server.serve("/InRelease", answer);
    get(fixture, {url});
    HttpServer other;
    other.serve("/InRelease", {.body = "uno", .etag = "\"1\""});
    CHECK(get(fixture, {other.url("/InRelease")}).value().content == "uno");
  }
  SECTION("a login page") {
    answer.headers = {{"Content-Type", "text/html"}};
    fixture.server.serve("/InRelease", answer);
    get(fixture, {url});
    CHECK_FALSE(get(fixture, {url}).value().not_modified);
  }
}

TEST_CASE("a kept document that is damaged is fetched again") {
  TransferFixture fixture;
  fixture.server.serve("/InRelease", {.body = "one", .etag = "\"1\""});
  const std::string url = fixture.server.url("/InRelease");
  get(fixture, {url});
  const std::filesystem::path kept = fixture.store.path(Store::Area::kRelease, "example_InRelease");
  std::string object = read_file(kept);
  object.back() = 'x';
  write_file(kept, object, Durability::kCache);
  Document document = get(fixture, {url}).value();
  CHECK(document.content == "one");
  CHECK_FALSE(document.not_modified);
}

TEST_CASE("a document that is cut is continued where the server can tell that it is the same") {
  TransferFixture fixture;
  const std::string content = noise(1000);
  const std::string url = fixture.server.url("/InRelease");
  HttpAnswer cut{.body = content, .etag = "\"1\"", .cut_after = 400};
  HttpAnswer next{.body = content, .etag = "\"1\""};
  std::string asked = "bytes=400-";
  SECTION("the same") {}
  SECTION("the server sends the whole") {
    next.ranges = false;
  }
  SECTION("another document by now, of which the server sends the whole") {
    next.body = std::string(800, 'n');
    next.ranges = false;
  }
  SECTION("nothing to tell it by") {
    cut.etag.clear();
    asked.clear();
  }
  SECTION("only much the same") {
    cut.etag = "W/\"1\"";
    asked.clear();
  }
  fixture.server.serve_in_turn("/InRelease", {cut, next});
  CHECK(get(fixture, {url}).value().content == next.body);
  REQUIRE(fixture.server.requests().size() == 2);
  CHECK(fixture.server.requests().back().header("range") == asked);
  CHECK(fixture.server.requests().back().header("if-range") == (asked.empty() ? "" : "\"1\""));
}

TEST_CASE("documents that are nowhere are told from those that could not be had") {
  TransferFixture fixture;
  const std::string missing = fixture.server.url("/missing");
  CHECK_FALSE(get(fixture, {missing, missing}));
  fixture.server.serve("/broken", {.status = 500});
  CHECK_THROWS_AS(get(fixture, {missing, fixture.server.url("/broken")}), Error);
  fixture.server.serve("/here", {.body = "here"});
  CHECK(get(fixture, {missing, fixture.server.url("/here")}).value().content == "here");
}

TEST_CASE("documents have a largest size") {
  TransferFixture fixture;
  fixture.server.serve("/InRelease", {.body = std::string(1001, 'x'), .without_length = true});
  try {
    get(fixture, {fixture.server.url("/InRelease")});
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kNetwork);
    check_contains(error.message(), "longer than the 1000 bytes allowed");
  }
  fixture.server.serve("/InRelease", {.body = std::string(1000, 'x')});
  CHECK(get(fixture, {fixture.server.url("/InRelease")}).value().content.size() == 1000);
}

TEST_CASE("a compressed document that nobody asked for is refused") {
  TransferFixture fixture;
  fixture.server.serve("/InRelease", {.body = "\x1f\x8b", .headers = {{"Content-Encoding", "gzip"}}});
  CHECK_THROWS_AS(get(fixture, {fixture.server.url("/InRelease")}), Error);
}

TEST_CASE("documents come back in the order they were asked for") {
  TransferFixture fixture;
  std::vector<DocumentRequest> requests;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "/d" + std::to_string(i);
    if (i != 7)
      fixture.server.serve(name, {.body = name});
    requests.push_back({{fixture.server.url(name)}, "document" + std::to_string(i), 100});
  }
  auto documents = make_curl_fetcher(fixture.store, TransferFixture::options())->fetch_documents(requests);
  REQUIRE(documents.size() == 20);
  for (int i = 0; i < 20; ++i) {
    if (i == 7)
      CHECK_FALSE(documents[7]);
    else
      CHECK(documents[static_cast<std::size_t>(i)].value().content == "/d" + std::to_string(i));
  }
}

}  // namespace bootstrap
