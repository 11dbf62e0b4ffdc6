#include "resolve/name_table.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("names are numbered in the order they come, however many") {
  NameTable table;
  CHECK_FALSE(table.find("a"));
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i)
    names.push_back("name" + std::to_string(i));
  for (std::uint32_t i = 0; i < names.size(); ++i)
    REQUIRE(table.number(names[i]) == i);
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    REQUIRE(table.number(std::string(names[i])) == i);
    REQUIRE(table.find(names[i]) == i);
  }
  CHECK(table.size() == names.size());
  CHECK_FALSE(table.find("other"));
}
