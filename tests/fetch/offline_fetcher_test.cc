#include "fetch/fetch_fixture.h"

namespace bootstrap {

TEST_CASE("offline, downloads come from the store or not at all") {
  FetchFixture fixture;
  const std::string here = noise(100);
  fixture.server.serve("/here", {.body = here});
  const Download stored = fixture.download(here, {fixture.server.url("/here")});
  fixture.fetch({stored});
  auto offline = make_offline_fetcher(fixture.store);
  std::vector<std::size_t> done;
  offline->fetch(std::vector<Download>{stored}, [&](std::size_t i) { done.push_back(i); }, {});
  CHECK(done == std::vector<std::size_t>{0});

  Download missing = fixture.download("other", {fixture.server.url("/other")});
  missing.label = "nginx 1.22";
  try {
    offline->fetch(std::vector<Download>{stored, missing, missing}, {}, {});
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kNetwork);
    check_contains(error.message(), "nginx 1.22 and 1 more: not in the store");
  }
  CHECK(fixture.server.requests().size() == 1);
}

TEST_CASE("offline, documents are the kept ones, and what was known to be absent stays absent") {
  FetchFixture fixture;
  fixture.server.serve("/a", {.body = std::string("a\0\xff\nb", 5)});
  std::vector<DocumentRequest> requests{{{fixture.server.url("/a")}, "present", 100},
                                        {{fixture.server.url("/missing")}, "absent", 100}};
  make_curl_fetcher(fixture.store, FetchFixture::options())->fetch_documents(requests);
  auto offline = make_offline_fetcher(fixture.store);
  auto documents = offline->fetch_documents(requests);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].value().content == std::string("a\0\xff\nb", 5));
  CHECK(documents[0].value().url == fixture.server.url("/a"));
  CHECK(documents[0].value().not_modified);
  CHECK_FALSE(documents[1]);

  requests[0].name = "never-seen";
  CHECK_THROWS_AS(offline->fetch_documents(requests), Error);
}

}  // namespace bootstrap
