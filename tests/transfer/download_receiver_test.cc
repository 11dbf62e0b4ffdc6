// What servers do to downloads, from one end to the other: server, libcurl, part file, store.
#include "transfer/download_receiver.h"

#include "transfer/transfer_fixture.h"

namespace bootstrap {

namespace {

const std::string kContent = noise(300'000);
constexpr std::uint64_t kMiddle = 100'000;

}  // namespace

TEST_CASE("a cut download goes on where it was cut") {
  TransferFixture fixture;
  fixture.server.serve_in_turn("/a", {{.body = kContent, .cut_after = kMiddle}, {.body = kContent}});
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a")})});
  CHECK(fixture.has(kContent));
  auto requests = fixture.server.requests("/a");
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].header("range").empty());
  CHECK(requests[1].header("range").starts_with("bytes="));
}

TEST_CASE("a download cut at any byte ends well") {
  TransferFixture fixture;
  const std::string content = noise(40);
  for (std::size_t size = 0; size < content.size(); ++size) {
    const std::string path = "/" + std::to_string(size);
    std::string body = content;
    body[0] = static_cast<char>(size);  // another digest each time
    fixture.server.serve_in_turn(path, {{.body = body, .cut_after = size}, {.body = body}});
    fixture.fetch({fixture.download(body, {fixture.server.url(path)})});
    CHECK(fixture.has(body));
  }
}

TEST_CASE("a download that the last run left unfinished goes on in this one") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  write_file(fixture.part_of(kContent), kContent.substr(0, kMiddle), Durability::kCache);
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a")})});
  CHECK(fixture.has(kContent));
  CHECK(fixture.server.requests("/a").at(0).header("range") == "bytes=100000-");
  CHECK_FALSE(std::filesystem::exists(fixture.part_of(kContent)));
}

TEST_CASE("a failed download leaves its part for the next run") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent, .ranges = false, .cut_after = kMiddle});
  Error error = fixture.failure(fixture.download(kContent, {fixture.server.url("/a")}));
  CHECK(error.kind() == ErrorKind::kNetwork);
  check_contains(error.message(), "(3 attempts)");
  CHECK(std::filesystem::file_size(fixture.part_of(kContent)) > 0);
}

TEST_CASE("unfinished downloads that are no good are started over") {
  TransferFixture fixture;
  fixture.server.serve("/a", {.body = kContent});
  SECTION("another file's beginning") {
    write_file(fixture.part_of(kContent), std::string(kMiddle, 'x'), Durability::kCache);
  }
  SECTION("of the right length but damaged") {
    write_file(fixture.part_of(kContent), std::string(kContent.size(), 'x'), Durability::kCache);
  }
  SECTION("too long") {
    write_file(fixture.part_of(kContent), kContent + "x", Durability::kCache);
  }
  SECTION("whole, only its name is missing") {
    write_file(fixture.part_of(kContent), kContent, Durability::kCache);
  }
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a")})});
  CHECK(fixture.has(kContent));
  CHECK_FALSE(std::filesystem::exists(fixture.part_of(kContent)));
}

TEST_CASE("servers that do not understand ranges are survived") {
  TransferFixture fixture;
  write_file(fixture.part_of(kContent), kContent.substr(0, kMiddle), Durability::kCache);
  SECTION("the whole instead of the rest") {
    fixture.server.serve("/a", {.body = kContent, .ranges = false});
  }
  SECTION("another range") {
    HttpAnswer wrong{.body = kContent.substr(0, 1000), .status = 206};
    wrong.headers = {{"Content-Range", "bytes 0-999/300000"}};
    fixture.server.serve_in_turn("/a", {wrong, {.body = kContent}});
  }
  SECTION("no range named") {
    fixture.server.serve_in_turn("/a",
                                 {{.body = kContent.substr(kMiddle), .status = 206}, {.body = kContent}});
  }
  SECTION("range not satisfiable") {
    fixture.server.serve_in_turn("/a", {{.body = "no", .status = 416}, {.body = kContent}});
  }
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a")})});
  CHECK(fixture.has(kContent));
}

TEST_CASE("wrong content is refused, naming file and URL") {
  TransferFixture fixture;
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  std::string reason;
  SECTION("same size, other digest") {
    std::string other = kContent;
    other[5] = static_cast<char>(other[5] + 1);
    fixture.server.serve("/a", {.body = other});
    reason = "wrong SHA-256";
  }
  SECTION("longer") {
    fixture.server.serve("/a", {.body = kContent + "x"});
    reason = "it is 300001 bytes long instead of 300000";
  }
  SECTION("longer, and nobody said so") {
    fixture.server.serve("/a", {.body = kContent + kContent, .without_length = true});
    reason = "it is longer than the 300000 bytes";
  }
  SECTION("shorter") {
    fixture.server.serve("/a", {.body = "short"});
    reason = "it is 5 bytes long";
  }
  SECTION("a captive portal") {
    HttpAnswer portal{.body = "<html>Welcome to our hotel"};
    portal.headers = {{"Content-Type", "text/html; charset=utf-8"}};
    fixture.server.serve("/a", portal);
    reason = "captive portal";
  }
  Error error = fixture.failure(wanted);
  CHECK(error.kind() == ErrorKind::kUntrusted);
  check_contains(error.message(), fixture.server.url("/a") + ": ");
  check_contains(error.message(), reason);
  CHECK(fixture.server.requests().size() == 1);
  CHECK(std::filesystem::is_empty(path_of(fixture.store, wanted).parent_path()));
}

TEST_CASE("wrong content from one mirror is made good by the next") {
  TransferFixture fixture;
  fixture.server.serve("/wrong", {.body = noise(200)});
  fixture.server.serve("/right", {.body = kContent});
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/wrong"), fixture.server.url("/right")})});
  CHECK(fixture.has(kContent));
}

TEST_CASE("a server that lies about the length") {
  TransferFixture fixture;
  Download wanted = fixture.download(kContent, {fixture.server.url("/a")});
  SECTION("announces the right length and sends more: what is beyond is never read") {
    fixture.server.serve("/a", {.body = kContent + "more", .announced = kContent.size()});
    fixture.fetch({wanted});
    CHECK(fixture.has(kContent));
  }
  SECTION("announces the right length and sends less") {
    fixture.server.serve("/a",
                         {.body = kContent.substr(0, 7), .ranges = false, .announced = kContent.size()});
    CHECK(fixture.failure(wanted).kind() == ErrorKind::kNetwork);
  }
  SECTION("announces none, sends less") {
    fixture.server.serve("/a", {.body = kContent.substr(0, 7), .ranges = false, .without_length = true});
    Error error = fixture.failure(wanted);
    CHECK(error.kind() == ErrorKind::kNetwork);
    check_contains(error.message(), "it ends after 7 of 300000 bytes");
  }
}

TEST_CASE("content is never decoded, whatever its Content-Encoding says") {
  TransferFixture fixture;
  HttpAnswer answer{.body = kContent};
  answer.headers = {{"Content-Encoding", "gzip"}};
  fixture.server.serve("/a.gz", answer);
  fixture.fetch({fixture.download(kContent, {fixture.server.url("/a.gz")})});
  CHECK(fixture.has(kContent));
  CHECK(fixture.server.requests().at(0).header("accept-encoding").empty());
}

TEST_CASE("empty files can be fetched") {
  TransferFixture fixture;
  fixture.server.serve("/empty", {});
  fixture.fetch({fixture.download("", {fixture.server.url("/empty")})});
  CHECK(fixture.has(""));
}

}  // namespace bootstrap
