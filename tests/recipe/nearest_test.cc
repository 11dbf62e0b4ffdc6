#include "recipe/nearest.h"

#include <array>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("the edit distance counts slips of the fingers") {
  CHECK(edit_distance("packages", "packages") == 0);
  CHECK(edit_distance("pakages", "packages") == 1);
  CHECK(edit_distance("packagess", "packages") == 1);
  CHECK(edit_distance("packeges", "packages") == 1);
  CHECK(edit_distance("pakcages", "packages") == 1);
  CHECK(edit_distance("", "cmd") == 3);
  CHECK(edit_distance("cmd", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a suggestion is the nearest word, or all of them") {
  constexpr auto kKeys = std::to_array<std::string_view>({"packages", "paths", "layers"});
  CHECK(suggestion("pakages", kKeys, "keys") == "did you mean \"packages\"?");
  CHECK(suggestion("path", kKeys, "keys") == "did you mean \"paths\"?");
  CHECK(suggestion("volumes", kKeys, "keys") == "known keys: packages, paths, layers");
  CHECK(suggestion("", kKeys, "keys") == "known keys: packages, paths, layers");
  CHECK(suggestion(std::string(100000, 'p'), kKeys, "keys") == "known keys: packages, paths, layers");
}
