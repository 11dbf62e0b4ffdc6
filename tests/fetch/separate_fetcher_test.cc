#include "fetch/separate_fetcher.h"

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "fetch/fetch_fixture.h"
#include "fetch/messages.h"

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

namespace {

/// A program in the downloader's place that says these bytes to its asker, and then waits.
std::filesystem::path impostor(const std::filesystem::path& path, const std::string& bytes,
                               const std::string& commands = {}) {
  write_file(path.string() + ".bytes", bytes, Durability::kCache);
  write_file(path, "#!/bin/sh\n" + commands + "\ncat " + path.string() + ".bytes >&0\ncat >/dev/null\n",
             Durability::kCache);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

std::string framed(const std::string& bytes) {
  const std::uint64_t size = bytes.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + bytes;
}

std::string message(const Json& json) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(json);
  return framed({bytes.begin(), bytes.end()});
}

}  // namespace

TEST_CASE("a downloader that was taken over can say what it wants: it is an error, and nobody waits") {
  FetchFixture fixture;
  const std::vector<Download> wanted{fixture.download("a", {"http://127.0.0.1/"}),
                                     fixture.download("b", {"http://127.0.0.1/"})};
  const Json end = {{"end", Json::object()}};
  const auto done = [](const Json& index) { return message({{"done", index}}); };
  const std::string all[] = {message(end),
                             done(0) + message(end),
                             done(0) + done(0) + message(end),
                             done(0) + done(2),
                             done(-1),
                             done("0"),
                             done(1e300),
                             done(Json::array()),
                             message({{"progress", 1}}),
                             message({{"progress", {{"bytes_done", "x"}}}}),
                             message({{"surprise", 1}}),
                             message({{"error", 1}}),
                             message({{"error", {{"kind", 1}}}}),
                             message(Json::array()),
                             framed(""),
                             framed("\xff\xff"),
                             framed(std::string(2000000, '\x81')),
                             std::string(8, '\xff')};
  int number = 0;
  for (const std::string& bytes : all) {
    INFO(number);
    const auto program = impostor(fixture.directory.path() / std::to_string(number++), bytes);
    CHECK_THROWS_AS(make_separate_fetcher(fixture.store, program)->fetch(wanted, {}, {}), Error);
  }
}

TEST_CASE("documents are what was asked for, or an error") {
  FetchFixture fixture;
  const std::vector<DocumentRequest> requests{{{"http://127.0.0.1/"}, "a", 3}};
  const auto answer = [](const std::string& content) {
    return to_json(std::optional<Document>(Document{content, "u", false}));
  };
  // Told to be a list: of braces around one value, compilers disagree whether they are that value.
  const auto end = [](Json documents) { return message({{"end", std::move(documents)}}); };
  const auto get = [&](const std::string& name, const std::string& bytes) {
    return make_separate_fetcher(fixture.store, impostor(fixture.directory.path() / name, bytes))
        ->fetch_documents(requests);
  };
  CHECK(get("good", end(Json::array({answer("abc")})))[0].value().content == "abc");
  const std::string all[] = {end(Json::array({answer("abcd")})),
                             end(Json::array()),
                             end({answer("a"), answer("b")}),
                             end(1),
                             end(Json::array({1})),
                             end(Json::array({Json{{"content", "text"}}})),
                             message({{"done", 0}}),
                             message({{"end", {{"0", answer("a")}}}})};
  int number = 0;
  for (const std::string& bytes : all) {
    INFO(number);
    CHECK_THROWS_AS(get(std::to_string(number++), bytes), Error);
  }
}

TEST_CASE("the downloader has neither the terminal nor the secrets of who starts it") {
  FetchFixture fixture;
  ::setenv("CI_JOB_TOKEN", "hunter2", 1);
  ::setenv("no_proxy", "mirror.example", 1);
  const auto program =
      impostor(fixture.directory.path() / "p", "",
               "set -- $(cat /proc/$$/stat); echo \"session $(( $6 == $$ )) terminal $7 token $CI_JOB_TOKEN"
               " hosts $no_proxy$(printf '\\033')\" >&2; [ -t 2 ] && echo tty >&2; exit 3");
  try {
    make_separate_fetcher(fixture.store, program)
        ->fetch(std::vector<Download>{fixture.download("a", {"http://127.0.0.1/"})}, {}, {});
    FAIL("it was fetched");
  } catch (const Error& error) {
    CHECK(error.message() ==
          "the downloader exited with 3: session 1 terminal 0 token  hosts mirror.example");
  }
  ::unsetenv("CI_JOB_TOKEN");
  ::unsetenv("no_proxy");
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
