#include "base/json.h"

#include "base/error.h"
#include "support/catch.h"

using namespace bootstrap;

TEST_CASE("equal values are equal bytes, whatever order they were written in") {
  Json a = parse_json(R"({"b": 1, "a": [true, null, "x"]})", "a");
  Json b = parse_json(R"({"a":[true,null,"x"],"b":1})", "b");
  CHECK(canonical_json(a) == canonical_json(b));
  CHECK(canonical_json(a) == "{\n  \"a\": [\n    true,\n    null,\n    \"x\"\n  ],\n  \"b\": 1\n}\n");
  CHECK(compact_json(b) == R"({"a":[true,null,"x"],"b":1})");
}

TEST_CASE("a key that occurs twice is refused, at any depth") {
  CHECK_THROWS_AS(parse_json(R"({"a": 1, "a": 2})", "x"), Error);
  CHECK_THROWS_AS(parse_json(R"({"o": {"a": 1, "b": 2, "a": 1}})", "x"), Error);
  CHECK_NOTHROW(parse_json(R"([{"a": 1}, {"a": 2}])", "x"));
}

TEST_CASE("a syntax error names the document and the place") {
  try {
    parse_json("{\"a\": ", "web.lock.json");
    FAIL("did not throw");
  } catch (const Error& error) {
    CHECK(error.message().find("web.lock.json") == 0);
    CHECK(error.message().find("byte") != std::string::npos);
  }
}

TEST_CASE("a number beyond every type is an error like any other") {
  CHECK_THROWS_AS(parse_json("1e999", "x"), Error);
  CHECK_THROWS_AS(parse_json(R"({"size": 25555000000000000000000e000000000000021162060547576696})", "x"),
                  Error);
}

TEST_CASE("names that are not UTF-8 can be written") {
  CHECK(compact_json(Json("caf\xe9")) == "\"caf\xef\xbf\xbd\"");
  CHECK(parse_json(canonical_json(Json("caf\xe9")), "x") == "caf\xef\xbf\xbd");
}

TEST_CASE("what is nested too deep is refused before the stack ends") {
  CHECK_NOTHROW(parse_json(std::string(90, '[') + std::string(90, ']'), "x"));
  CHECK_THROWS_AS(parse_json(std::string(2000000, '['), "x"), Error);
  std::string objects;
  for (int i = 0; i < 500000; ++i)
    objects += "{\"a\":";
  CHECK_THROWS_AS(parse_json(objects, "x"), Error);
  CHECK_THROWS_AS(parse_json(std::string(500, '[') + std::string(500, ']'), "x"), Error);

  CHECK(parse_cbor(std::string(50, '\x81') + '\x01', "x").is_array());
  for (const char level : {'\x81', '\x9f', '\x9b'})
    CHECK_THROWS_AS(parse_cbor(std::string(2000000, level), "x"), Error);
  std::string maps;
  for (int i = 0; i < 500000; ++i)
    maps +=
        "\xa1\x61"
        "a";
  CHECK_THROWS_AS(parse_cbor(maps, "x"), Error);
}

TEST_CASE("CBOR comes back as it was, and damaged CBOR is an error") {
  const Json value = {{"a", {1, -2, nullptr, true}}, {"b", Json::binary({0, 255})}, {"c", "x"}};
  const std::vector<std::uint8_t> bytes = Json::to_cbor(value);
  const std::string text(bytes.begin(), bytes.end());
  CHECK(parse_cbor(text, "x") == value);
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_THROWS_AS(parse_cbor(text.substr(0, size), "x"), Error);
  CHECK_THROWS_AS(parse_cbor(text + "x", "x"), Error);
  for (const std::string bad : {"\xff", "\xc0\x01", "\x1c", "\xa1\x01\x01"})
    CHECK_THROWS_AS(parse_cbor(bad, "x"), Error);
}
