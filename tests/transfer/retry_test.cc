#include "transfer/retry.h"

#include "support/catch.h"

namespace bootstrap {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Failure kTimeout{FailureKind::kTransient, "timed out"};
const Failure kMissing{FailureKind::kNotFound, "HTTP 404"};
const Failure kForbidden{FailureKind::kPermanent, "HTTP 403"};
const Failure kWrong{FailureKind::kWrongContent, "wrong SHA-256"};

UrlWalk walk_of(std::vector<std::string> urls, unsigned attempts = 3) {
  return UrlWalk(std::move(urls), {attempts, milliseconds(100)});
}

}  // namespace

TEST_CASE("backoff doubles up to its ceiling, and at least half of it is kept") {
  struct Row {
    unsigned attempt;
    double jitter;
    milliseconds wait;
  };
  const Row rows[] = {
      {1, 0.0, milliseconds(250)},   {1, 0.5, milliseconds(375)},         {2, 0.0, milliseconds(500)},
      {3, 0.0, milliseconds(1000)},  {4, 0.5, milliseconds(3000)},        {7, 0.0, milliseconds(15000)},
      {8, 0.0, milliseconds(15000)}, {1000000, 0.5, milliseconds(22500)},
  };
  for (const Row& row : rows) {
    INFO(row.attempt << " " << row.jitter);
    CHECK(backoff(milliseconds(500), row.attempt, row.jitter) == row.wait);
  }
  CHECK(backoff(milliseconds(500), 1, 0.999) < milliseconds(500));
  CHECK(backoff(milliseconds(0), 3, 0.5) == milliseconds(0));
}

TEST_CASE("HTTP statuses are told apart") {
  auto kind = [](long status) { return failure_of_status(status, seconds(0)).kind; };
  CHECK(kind(404) == FailureKind::kNotFound);
  CHECK(kind(410) == FailureKind::kNotFound);
  for (long status : {408, 429, 500, 502, 503, 504})
    CHECK(kind(status) == FailureKind::kTransient);
  for (long status : {400, 401, 403, 407, 416, 206, 304})
    CHECK(kind(status) == FailureKind::kPermanent);
  CHECK(failure_of_status(429, seconds(7)).retry_after == seconds(7));
}

TEST_CASE("what may pass is tried again at the same URL, then the next one is") {
  UrlWalk walk = walk_of({"http://a/", "http://b/"});
  CHECK(walk.advance(kTimeout, {}, 0) == milliseconds(50));
  CHECK(walk.url() == "http://a/");
  CHECK(walk.advance(kTimeout, {}, 0) == milliseconds(100));
  CHECK(walk.url() == "http://a/");
  CHECK(walk.advance(kTimeout, {}, 0) == milliseconds(0));
  CHECK(walk.url() == "http://b/");
  CHECK(walk.advance(kTimeout, {}, 0) == milliseconds(50));
  CHECK(walk.advance(kTimeout, {}, 0) == milliseconds(100));
  CHECK(walk.advance(kTimeout, {}, 0) == std::nullopt);
  CHECK(walk.exhausted());
  Error error = walk.error("nginx");
  CHECK(error.kind() == ErrorKind::kNetwork);
  CHECK(error.message() ==
        "nginx: cannot be fetched: http://a/: timed out (3 attempts); http://b/: timed out (3 attempts)");
}

TEST_CASE("an attempt that got further than any before does not count, until their time is up") {
  UrlWalk walk = walk_of({"http://a/"}, 2);
  constexpr std::uint64_t kSize = 81920;  // for which a request may take 70 seconds
  for (std::uint64_t kept = 1; kept <= 100; ++kept)
    CHECK(walk.advance(kTimeout, {kept, kSize, milliseconds(300)}, 0) == milliseconds(50));
  SECTION("no further") {
    CHECK(walk.advance(kTimeout, {100, kSize}, 0) == std::nullopt);
  }
  SECTION("the beginning again") {
    CHECK(walk.advance(kTimeout, {50, kSize}, 0) == std::nullopt);
  }
  SECTION("in time") {
    CHECK(walk.advance(kTimeout, {101, kSize, seconds(34)}, 0) == milliseconds(50));
  }
  SECTION("too late") {
    CHECK(walk.advance(kTimeout, {101, kSize, seconds(36)}, 0) == std::nullopt);
  }
  SECTION("what will not pass") {
    CHECK(walk.advance(kForbidden, {200, kSize}, 0) == std::nullopt);
  }
}

TEST_CASE("what will not pass sends on to the next URL at once") {
  UrlWalk walk = walk_of({"http://a/", "http://b/", "http://c/"});
  CHECK(walk.advance(kMissing, {}, 0) == milliseconds(0));
  CHECK(walk.advance(kForbidden, {}, 0) == milliseconds(0));
  CHECK(walk.url() == "http://c/");
  CHECK(walk.advance(kMissing, {}, 0) == std::nullopt);
  CHECK_FALSE(walk.not_found_everywhere());
}

TEST_CASE("only a file that every URL lacks is not found") {
  UrlWalk walk = walk_of({"http://a/", "http://b/"});
  walk.advance(kMissing, {}, 0);
  CHECK_FALSE(walk.not_found_everywhere());
  walk.advance(kMissing, {}, 0);
  CHECK(walk.not_found_everywhere());
  CHECK(walk.error("x").kind() == ErrorKind::kNetwork);
  CHECK_FALSE(walk_of({}).not_found_everywhere());
  CHECK(walk_of({}).error("x").message() == "x: cannot be fetched: no URL is known");
}

TEST_CASE("wrong content is given one more chance elsewhere") {
  UrlWalk walk = walk_of({"http://a/", "http://b/", "http://c/"});
  CHECK(walk.advance(kWrong, {}, 0) == milliseconds(0));
  CHECK(walk.url() == "http://b/");
  CHECK(walk.advance(kWrong, {}, 0) == std::nullopt);
  CHECK(walk.error("x").kind() == ErrorKind::kUntrusted);

  UrlWalk alone = walk_of({"http://a/", "http://b/"});
  alone.advance(kWrong, {}, 0);
  CHECK(alone.advance(kMissing, {}, 0) == std::nullopt);
  CHECK(alone.error("x").kind() == ErrorKind::kUntrusted);
}

TEST_CASE("a server's Retry-After is honoured, within reason") {
  UrlWalk walk = walk_of({"http://a/", "http://b/"});
  CHECK(walk.advance({FailureKind::kTransient, "HTTP 429", seconds(7)}, {}, 0) == seconds(7));
  CHECK(walk.url() == "http://a/");
  CHECK(walk.advance({FailureKind::kTransient, "HTTP 429", seconds(3600)}, {}, 0) == seconds(0));
  CHECK(walk.url() == "http://b/");
}

TEST_CASE("credentials stay out of errors") {
  UrlWalk walk = walk_of({"https://user:secret@mirror.example/debian?token=secret"});
  walk.advance(kMissing, {}, 0);
  CHECK(walk.error("x").message() == "x: cannot be fetched: https://mirror.example/debian: HTTP 404");
}

}  // namespace bootstrap
