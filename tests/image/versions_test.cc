#include "image/versions.h"

#include "support/catch.h"

namespace bootstrap {
namespace {

TEST_CASE("a recipe's version is counted from 0") {
  CHECK(next_version({}, "1.4", "2026.11.21") == "1.4.0");
  CHECK(next_version({"1.4.0", "1.4.1"}, "1.4", "2026.11.21") == "1.4.2");
  CHECK(next_version({"1.4.9", "1.4.10"}, "1.4", "2026.11.21") == "1.4.11");
}

TEST_CASE("versions of another recipe version do not count") {
  CHECK(next_version({"1.4.7", "1.40.3", "1.4.x", "1.4.1.9", "1.4"}, "1.5", "2026.11.21") == "1.5.0");
  CHECK(next_version({"1.40.3", "1.4.x", "1.4.1.9", "1.4.2a"}, "1.4", "2026.11.21") == "1.4.0");
}

TEST_CASE("without a version in the recipe the date is the version") {
  CHECK(next_version({}, "", "2026.11.21") == "2026.11.21");
  CHECK(next_version({"2026.11.20"}, "", "2026.11.21") == "2026.11.21");
  CHECK(next_version({"2026.11.21"}, "", "2026.11.21") == "2026.11.21.1");
  CHECK(next_version({"2026.11.21", "2026.11.21.1"}, "", "2026.11.21") == "2026.11.21.2");
}

TEST_CASE("a rejected candidate uses its number up") {
  CHECK(next_version({"1.4.0", "1.4.1-rejected"}, "1.4", "2026.11.21") == "1.4.2");
  CHECK(next_version({"2026.11.21-rejected"}, "", "2026.11.21") == "2026.11.21.1");
}

}  // namespace
}  // namespace bootstrap
