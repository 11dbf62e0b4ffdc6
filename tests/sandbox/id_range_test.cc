#include "sandbox/id_range.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("a subordinate range is found by name or number") {
  const char* file = "alice:100000:65536\nbob:165536:65536\n1002:231072:131072\n";
  CHECK(find_subordinate_range(file, "bob", 1001) == 165536U);
  CHECK(find_subordinate_range(file, "carol", 1002) == 231072U);
  CHECK_FALSE(find_subordinate_range(file, "dave", 1003));
  // A name that another one begins with.
  CHECK_FALSE(find_subordinate_range(file, "ali", 1004));
}

TEST_CASE("ranges that cannot hold 65536 spare ids are passed over") {
  CHECK(find_subordinate_range("a:100000:1000\na:200000:65536\n", "a", 1) == 200000U);
  // It would contain the host's own users.
  CHECK_FALSE(find_subordinate_range("a:1:65536\n", "a", 1));
  CHECK_FALSE(find_subordinate_range("a:4294967000:65536\n", "a", 1));
}

TEST_CASE("lines that are not assignments count for nothing") {
  const char* file =
      "\n# comment\na\na:\na:x:65536\na:100000:\na:99999999999:65536\na:-5:65536\na:300000:65536";
  CHECK(find_subordinate_range(file, "a", 1) == 300000U);
}

TEST_CASE("root without a range gets one that nobody has") {
  const std::uint32_t top = find_unassigned_range("");
  CHECK(top > 524288U);
  const std::string taken = "x:" + std::to_string(top + 10) + ":1\n";
  CHECK(find_unassigned_range(taken) + IdRange::kCount <= top + 10);
  CHECK_THROWS_AS(find_unassigned_range("x:0:4294967295\n"), Error);
}

TEST_CASE("a range is had only as a whole, and from one line of the map") {
  CHECK(has_range("         0          0 4294967295\n", 1878982656));
  CHECK(has_range("0 1000 1\n1 100000 131072\n", 65536));
  CHECK_FALSE(has_range("0 1000 1\n", 524288));
  CHECK_FALSE(has_range("0 1000 1\n1 100000 65536\n", 65536));
  CHECK_FALSE(has_range("", 0));
}

TEST_CASE("a container's ids serve where it has no spare ones, but for its root's") {
  constexpr std::uint32_t kAll = IdRange::kCount;
  const char* podman = "0 1000 1\n1 100000 65536\n";
  const char* sixteen_bits = "0 100000 65536\n";
  CHECK(find_last_range(podman, kAll) == 1U);
  CHECK_FALSE(find_last_range(sixteen_bits, kAll));
  CHECK(find_last_range(sixteen_bits, kAll - 1) == 1U);
  CHECK(find_last_range("0 1000 1\n1 100000 131072\n", kAll) == 65537U);
  CHECK_FALSE(find_last_range("0 1000 1024\n", kAll - 1));
}

TEST_CASE("a worker's map tells whether its ids are others' too") {
  CHECK(maps_users("0 1 65533\n65534 65534 2\n"));
  CHECK_FALSE(maps_users("0 165536 65536\n"));
}

TEST_CASE("the identity on a map has its gaps") {
  CHECK(identity_map("0 1 65533\n65534 65534 2\n", IdRange::kInitId) == "0 0 65533\n65534 65534 1\n");
  CHECK(identity_map("0 165536 65536\n", IdRange::kInitId) == "0 0 65535\n");
}
