#include "fetch/offline_fetcher.h"

#include "base/error.h"
#include "fetch/fetch_fixture.h"
#include "fetch/kept_document.h"

namespace bootstrap {

TEST_CASE("offline, downloads come from the store or not at all") {
  FetchFixture fixture;
  const std::string here = noise(100);
  const Download stored = fixture.download(here, {"https://mirror.example/here"});
  write_file(path_of(fixture.store, stored), here, Durability::kCache);
  auto offline = make_offline_fetcher(fixture.store);
  std::vector<std::size_t> done;
  offline->fetch(std::vector<Download>{stored}, [&](std::size_t i) { done.push_back(i); }, {});
  CHECK(done == std::vector<std::size_t>{0});

  Download missing = fixture.download("other", {"https://mirror.example/other"});
  missing.label = "nginx 1.22";
  try {
    offline->fetch(std::vector<Download>{stored, missing, missing}, {}, {});
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kNetwork);
    check_contains(error.message(), "nginx 1.22 and 1 more: not in the store");
  }
}

TEST_CASE("offline, documents are the kept ones, and what was known to be absent stays absent") {
  FetchFixture fixture;
  const std::string url = "https://mirror.example/a";
  std::vector<DocumentRequest> requests{{{url}, "present", 100}, {{url + "b"}, "absent", 100}};
  keep(fixture.store, "present", {std::string("a\0\xff\nb", 5), url, "", "", false});
  keep(fixture.store, "absent", {"", "", "", "", true});
  auto offline = make_offline_fetcher(fixture.store);
  auto documents = offline->fetch_documents(requests);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].value().content == std::string("a\0\xff\nb", 5));
  CHECK(documents[0].value().url == url);
  CHECK(documents[0].value().not_modified);
  CHECK_FALSE(documents[1]);

  requests[0].name = "never-seen";
  CHECK_THROWS_AS(offline->fetch_documents(requests), Error);
}

}  // namespace bootstrap
