#include "fetch/separate_fetcher.h"

#include "base/error.h"
#include "fetch/fetch_fixture.h"

namespace bootstrap {

namespace {

struct SeparateFixture : FetchFixture {
  std::unique_ptr<Fetcher> fetcher = make_separate_fetcher(store, BOOTSTRAP_DOWNLOADER);

  /// What fetching it throws; fails the test when it does not.
  Error failure(const Download& wanted) {
    try {
      fetcher->fetch(std::vector<Download>{wanted}, {}, {});
    } catch (const Error& error) {
      return error;
    }
    FAIL("it was fetched");
    return Error(ErrorKind::kFailure, "");
  }
};

}  // namespace

TEST_CASE("another program fetches what is missing, and tells of it as it goes") {
  SeparateFixture fixture;
  std::vector<Download> downloads;
  for (const std::string name : {"/a", "/b", "/c"}) {
    const std::string content = noise(100000) + name;
    fixture.server.serve(name, {.body = content});
    downloads.push_back(
        fixture.download(content, {fixture.server.url("/not-here"), fixture.server.url(name)}));
  }
  write_file(path_of(fixture.store, downloads[1]), noise(100000) + "/b", Durability::kCache);
  std::vector<std::size_t> done;
  FetchProgress last;
  fixture.fetcher->fetch(
      downloads, [&](std::size_t i) { done.push_back(i); }, [&](const FetchProgress& now) { last = now; });
  REQUIRE(done.size() == 3);
  CHECK(done[0] == 1);
  CHECK(done[1] + done[2] == 2);
  CHECK(last.files_done == 3);
  CHECK(last.files_total == 3);
  CHECK(last.bytes_done == 300006);
  CHECK(last.bytes_total == 300006);
  CHECK(fixture.has(noise(100000) + "/a"));
  CHECK(fixture.server.requests("/b").empty());
}

TEST_CASE("documents of another program may be any bytes, and may be absent") {
  SeparateFixture fixture;
  const std::string content("a\0\xff\nb", 5);
  fixture.server.serve("/a", {.body = content, .etag = "\"1\""});
  const std::vector<DocumentRequest> requests{{{fixture.server.url("/a")}, "present", 100},
                                              {{fixture.server.url("/missing")}, "absent", 100}};
  for (const bool again : {false, true}) {
    const auto documents = fixture.fetcher->fetch_documents(requests);
    REQUIRE(documents.size() == 2);
    CHECK(documents[0].value().content == content);
    CHECK(documents[0].value().url == fixture.server.url("/a"));
    CHECK(documents[0].value().not_modified == again);
    CHECK_FALSE(documents[1]);
  }
  CHECK(fixture.server.connections() <= 2);  // the second time over those that were still open
}

TEST_CASE("what cannot be fetched is the error that the other program has met") {
  SeparateFixture fixture;
  fixture.server.serve("/a", {.body = "something else of this"});
  const Error untrusted = fixture.failure(fixture.download(noise(22), {fixture.server.url("/a")}));
  CHECK(untrusted.kind() == ErrorKind::kUntrusted);
  check_contains(untrusted.message(), "hello 1.0: cannot be fetched: ");
  CHECK_FALSE(untrusted.hint().empty());
  const Error missing = fixture.failure(fixture.download(noise(22), {fixture.server.url("/b")}));
  CHECK(missing.kind() == ErrorKind::kNetwork);
}

TEST_CASE("local files that are asked for can be fetched, whatever their names") {
  SeparateFixture fixture;
  const std::string content = noise(1000);
  write_file(fixture.directory.path() / "a b%c", content, Durability::kCache);
  const std::string folder = "file://" + fixture.directory.path().string();
  fixture.fetcher->fetch(
      std::vector<Download>{fixture.download(content, {folder + "/none", folder + "/a%20b%25c"})}, {}, {});
  CHECK(fixture.has(content));
}

TEST_CASE("nothing is started when there is nothing to fetch") {
  FetchFixture fixture;
  const Download stored = fixture.download("here", {});
  write_file(path_of(fixture.store, stored), "here", Durability::kCache);
  std::size_t done = 0;
  make_separate_fetcher(fixture.store, "/no/such/program")
      ->fetch(std::vector<Download>{stored}, [&](std::size_t) { ++done; }, {});
  CHECK(done == 1);
}

TEST_CASE("a program that dies instead of fetching is an error, whenever it dies") {
  FetchFixture fixture;
  const std::vector<Download> wanted{fixture.download("a", {"http://127.0.0.1/"})};
  for (int i = 0; i < 20; ++i) {
    try {
      make_separate_fetcher(fixture.store, "/bin/false")->fetch(wanted, {}, {});
      FAIL("it was fetched");
    } catch (const Error& error) {
      check_contains(error.message(), "the downloader exited with 1");
    }
  }
}

TEST_CASE("a conversation that was broken off does not spoil the next") {
  SeparateFixture fixture;
  std::vector<Download> downloads;
  for (const std::string name : {"/a", "/b"}) {
    fixture.server.serve(name, {.body = noise(50) + name});
    downloads.push_back(fixture.download(noise(50) + name, {fixture.server.url(name)}));
  }
  const auto refuse = [](std::size_t) { throw Error(ErrorKind::kFailure, "enough"); };
  CHECK_THROWS_AS(fixture.fetcher->fetch(downloads, refuse, {}), Error);
  std::size_t done = 0;
  fixture.fetcher->fetch(downloads, [&](std::size_t) { ++done; }, {});
  CHECK(done == 2);
}

}  // namespace bootstrap
