// What YAML itself can bring along, whatever it is read for.
#include <fmt/format.h>

#include "base/error.h"
#include "recipe/yaml_node.h"
#include "recipe_folder.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

YamlNode parse(std::string_view text) {
  return YamlNode::parse(text, "r.yml");
}

std::string message_of(std::string_view text) {
  const auto error = error_of([&] { parse(text); });
  if (!error)
    return "accepted";
  CHECK(error->kind() == ErrorKind::kUsage);
  return error->message();
}

template <typename Read>
std::string refused(std::string_view text, const Read& read) {
  const YamlNode document = parse(text);
  const auto error = error_of([&] { read(document); });
  return error ? error->message() : "accepted";
}

}  // namespace

TEST_CASE("an error shows place, line and caret") {
  CHECK(message_of("a: 1\nb:\n  c: 1\n  c: 2\n") == "r.yml:4:3: duplicate key \"c\"\n  c: 2\n  ^");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(message_of("{äöü: 1, äöü: 2}\n") ==
        "r.yml:1:10: duplicate key \"äöü\"\n{äöü: 1, äöü: 2}\n         ^");
}

TEST_CASE("a long line is shown around the place") {
  const std::string message = message_of("{" + std::string(1000, 'a') + ": 1, b: 2, b: 3, c: 4}\n");
  CHECK(message.starts_with("r.yml:1:1013: duplicate key \"b\"\n"));
  const std::size_t line = message.find('\n') + 1;
  const std::size_t caret_line = message.find('\n', line) + 1;
  CHECK(caret_line - line <= 101);
  CHECK(message.substr(line + (message.find('^') - caret_line), 4) == "b: 3");
}

TEST_CASE("text that looks like something else is refused") {
  CHECK(message_of("a:\n\tb: 1\n") == "r.yml:2:1: a tab in the indentation\n b: 1\n^");
  CHECK(message_of("a:\n  \tb: 1\n").starts_with("r.yml:2:3: a tab in the indentation"));
  CHECK(message_of("a: \"\xff\"\n").starts_with("r.yml:1:5: byte 0xff is not UTF-8 text"));
  CHECK(message_of("a: \"\xc0\xaf\"\n").starts_with("r.yml:1:5: byte 0xc0 is not UTF-8 text"));
  CHECK(message_of("a: \"\xed\xa0\x80\"\n").starts_with("r.yml:1:5: byte 0xed is not UTF-8 text"));
  CHECK(message_of("a: \x1b[31mred\n") ==
        "r.yml:1:4: a control character that cannot be seen\na: ?[31mred\n   ^");
  CHECK(message_of("a: b\rc: d\n").starts_with("r.yml:1:5: a control character"));
  CHECK(message_of("a: \xe2\x80\xaetxt\n").starts_with("r.yml:1:4: a control character"));
  CHECK(message_of(std::string_view("a: b\0c", 6)).starts_with("r.yml:1:5: a control character"));
  CHECK(message_of("a: \"b\\0c\"\n").starts_with("r.yml:1:4: a NUL character"));
  CHECK(message_of("a:\tb\n") == "accepted");
}

TEST_CASE("a byte order mark and CRLF do not matter") {
  const YamlNode document = parse(
      "\xEF\xBB\xBF"
      "a: b\r\nc: \"d\"\r\n");
  CHECK(document.at("a").string() == "b");
  CHECK(document.at("c").quoted_string() == "d");
}

TEST_CASE("broken YAML is an error with a place") {
  CHECK(message_of("a: [1, 2\n").starts_with("r.yml:"));
  CHECK(message_of("a: 1\n b: 2\n").starts_with("r.yml:2:"));
  CHECK(message_of("a: 1\nb: \"c\nd: 1\n") ==
        "r.yml:2:1: after this a quote is opened and not closed\nb: \"c\n^");
  CHECK(message_of("a: [x, 'b\n").starts_with("r.yml:1:5: after this a quote is opened"));
  CHECK(message_of("a: [1, 2\n\n").starts_with("r.yml:"));
  CHECK(message_of("a: *nobody\n").starts_with("r.yml:1:"));
  CHECK(message_of("%YAML 9.9\n---\na: 1\n").starts_with("r.yml:"));
}

TEST_CASE("a file holds one document") {
  CHECK(message_of("---\na: 1\n...\n") == "accepted");
  CHECK(message_of("a: 1\n---\nb: 1\n").starts_with("r.yml:"));
  CHECK(message_of("a: 1\n---\nb: 1\n").find("a second document") != std::string::npos);
  CHECK(refused("", [](const YamlNode& node) { node.map_of({"a"}); }).find("expected a map, found nothing") !=
        std::string::npos);
}

TEST_CASE("duplicate keys are found however they are written") {
  CHECK(message_of("{\"a\": 1, a: 2}\n").find("duplicate key \"a\"") != std::string::npos);
  CHECK(message_of("a: 1\n? a\n: 2\n").find("duplicate key \"a\"") != std::string::npos);
  CHECK(message_of("[a]: 1\n").find("a key must be a plain word") != std::string::npos);
  CHECK(message_of("{x: 1}: 1\n").find("a key must be a plain word") != std::string::npos);
  CHECK(message_of("~: 1\n").find("a key must be a plain word") != std::string::npos);
}

TEST_CASE("an alias is a copy, and copies are limited") {
  CHECK(parse("a: &x [1, 2]\nb: *x\n").at("b").sequence().size() == 2);
  CHECK(message_of("a: &x [*x]\n").find("an alias inside the value it stands for") != std::string::npos);

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i)
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  CHECK(message_of(bomb).find("more than 20000 values") != std::string::npos);
}

TEST_CASE("depth and size are limited") {
  CHECK(message_of(std::string(1000, '[')).find("nested more than 16 deep") != std::string::npos);
  CHECK(message_of(std::string(300 * 1024, ' ')).find("larger than 256 KiB") != std::string::npos);
  std::string many = "[";
  for (int i = 0; i < 30000; ++i)
    many += "a,";
  CHECK(message_of(many + "a]").find("more than 20000 values") != std::string::npos);
}

TEST_CASE("tags are refused") {
  CHECK(message_of("a: !!str 1\n").find("a tag") != std::string::npos);
  CHECK(message_of("a: !include other.yml\n").find("a tag") != std::string::npos);
  CHECK(message_of("!!map {a: 1}\n").find("a tag") != std::string::npos);
}

TEST_CASE("booleans are true and false only") {
  CHECK(parse("a: true").at("a").boolean());
  CHECK(!parse("a: false").at("a").boolean());
  for (const char* text :
       {"a: no", "a: yes", "a: on", "a: True", "a: FALSE", "a: 1", "a: \"true\"", "a:", "a: []"})
    CHECK(refused(text, [](const YamlNode& node) {
            node.at("a").boolean();
          }).find("expected true or false") != std::string::npos);
}

TEST_CASE("a word that some reader takes for another type must be quoted") {
  const auto read = [](const YamlNode& node) { node.at("a").string(); };
  for (const char* word : {"no",   "NO",   "yes", "on",       "Off",  "y",     "n",   "true",  "False",
                           "1",    "-1",   "+1",  "1.10",     "1.",   ".5",    "1e3", "1_000", "0755",
                           "0x1F", "0o17", "0b1", "12:30:00", ".inf", "-.INF", ".NaN"}) {
    INFO(word);
    CHECK(refused(std::string("a: ") + word, read).find("is not a string for every YAML reader") !=
          std::string::npos);
    CHECK(parse(std::string("a: \"") + word + "\"").at("a").string() == word);
    CHECK(parse(std::string("a: '") + word + "'").at("a").string() == word);
  }
  for (const char* word :
       {"nginx", "1.4.2", "80/tcp", "-g", "0ad", "7zip", "node", "yesterday", "2026-11-21", "x1"})
    CHECK(parse(std::string("a: ") + word).at("a").string() == word);
  for (const char* text : {"a:", "a: ~", "a: null", "a: [x]", "a: {x: y}"})
    CHECK(refused(text, read).find("expected a string") != std::string::npos);
  CHECK(refused("a: \"\"", read).find("must not be empty") != std::string::npos);
}

TEST_CASE("a missing value is reported at its key") {
  CHECK(refused("a: 1\nb:\n\n\nc: 1\n", [](const YamlNode& node) { node.at("b").string(); }) ==
        "r.yml:2:1: expected a string, found nothing\nb:\n^");
}

TEST_CASE("numbers are decimal and in range") {
  const auto read = [](const YamlNode& node) { node.at("a").integer(1, 100); };
  CHECK(parse("a: 42").at("a").integer(1, 100) == 42);
  CHECK(parse("a: -3").at("a").integer(-5, 5) == -3);
  for (const char* text : {"a: 0", "a: 101", "a: -1", "a: 99999999999999999999999999"})
    CHECK(refused(text, read).find("must be a number from 1 to 100") != std::string::npos);
  for (const char* text : {"a: 1.5", "a: 0x10", "a: 1_0", "a: \"5\"", "a: five", "a: +5", "a: 1e1", "a:"})
    CHECK(refused(text, read).find("expected a whole number") != std::string::npos);
  CHECK(refused("a: 010", read).find("leading zero") != std::string::npos);
}
