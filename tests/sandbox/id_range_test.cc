#include "sandbox/id_range.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

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
