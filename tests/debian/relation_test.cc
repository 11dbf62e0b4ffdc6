#include "debian/relation.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("relations are parsed") {
  const auto dependencies =
      parse_relations("libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0,\n python3:any (<< 4)\n , x(=1)");
  REQUIRE(dependencies.size() == 4);
  REQUIRE(dependencies[0].size() == 1);
  CHECK(dependencies[0][0].name == "libc6");
  CHECK(dependencies[0][0].op == VersionOperator::kGreaterOrEqual);
  CHECK(dependencies[0][0].version == "2.34");
  REQUIRE(dependencies[1].size() == 2);
  CHECK(dependencies[1][1].name == "debconf-2.0");
  CHECK(dependencies[1][1].op == VersionOperator::kNone);
  CHECK(dependencies[2][0].name == "python3");
  CHECK(dependencies[2][0].qualifier == "any");
  CHECK(dependencies[2][0].op == VersionOperator::kLess);
  CHECK(dependencies[3][0].op == VersionOperator::kEqual);
  CHECK(text_of(dependencies[0][0]) == "libc6 (>= 2.34)");
}

TEST_CASE("empty fields and stray commas mean nothing") {
  CHECK(parse_relations("").empty());
  CHECK(parse_relations(" , ,\n").empty());
  CHECK(parse_relations("a,").size() == 1);
}

TEST_CASE("the old operators include equality") {
  CHECK(parse_relations("a (< 1)")[0][0].op == VersionOperator::kLessOrEqual);
  CHECK(parse_relations("a (> 1)")[0][0].op == VersionOperator::kGreaterOrEqual);
}

TEST_CASE("what is no relation is refused") {
  for (const char* field : {"a (>= )", "a (1)", "a (>= 1", "a >= 1", "a |", "| a", "a || b", "(>= 1)",
                            "a:", "a [amd64]", "a <!nocheck>", "a (>= 1) b", "a b"}) {
    INFO(field);
    CHECK_THROWS_AS(parse_relations(field), Error);
  }
}

TEST_CASE("versions fit their operators") {
  const auto fits = [](const char* relation, const char* version) {
    return version_fits(parse_relations(relation)[0][0], version);
  };
  CHECK(fits("a", "0"));
  CHECK(fits("a (<< 2)", "1"));
  CHECK_FALSE(fits("a (<< 2)", "2"));
  CHECK(fits("a (<= 2)", "2"));
  CHECK(fits("a (= 2-0)", "2"));
  CHECK_FALSE(fits("a (= 2)", "2+b1"));
  CHECK(fits("a (>= 2~)", "2~rc1"));
  CHECK_FALSE(fits("a (>> 2)", "2"));
  CHECK(fits("a (>> 2)", "1:0"));
}
