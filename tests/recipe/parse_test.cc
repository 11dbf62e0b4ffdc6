#include "recipe/parse.h"

#include <array>
#include <random>

#include "base/error.h"
#include "base/fd.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

// A text with some of it lost, doubled, moved, or replaced by what means something to YAML.
std::string mutated(std::string text, std::mt19937& random) {
  constexpr auto kPieces = std::to_array<std::string_view>({"&a ",
                                                            "*a ",
                                                            "[",
                                                            "]",
                                                            "{",
                                                            "}",
                                                            ": ",
                                                            "- ",
                                                            "\"",
                                                            "'",
                                                            "|\n",
                                                            "? ",
                                                            "!!str ",
                                                            "%",
                                                            "#",
                                                            "\t",
                                                            "\r\n",
                                                            "\n",
                                                            "---\n",
                                                            "...\n",
                                                            "~",
                                                            "no",
                                                            "99999999999999999999",
                                                            "<<: *a\n",
                                                            "\xff",
                                                            "\\u0000",
                                                            "../",
                                                            "$(id)"});
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % (limit + 1)); };
  for (std::size_t i = 1 + below(4); i > 0; --i) {
    const std::size_t place = below(text.size());
    switch (below(2)) {
      case 0:
        text.insert(place, kPieces[below(kPieces.size() - 1)]);
        break;
      case 1:
        text.erase(place, below(30));
        break;
      default:
        text.insert(below(text.size()), text.substr(place, below(60)));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("parsing looks at no file") {
  const ParsedRecipe parsed = parse_recipe(
      YamlNode::parse(
          "name: web\nrepositories: [{archive: debian, suites: [sid], signed-by: [../keys/a.asc]}]\n"
          "files: [{source: site, target: /srv}]\n",
          "web.yml"),
      "/nowhere/recipes/web.yml", nullptr);
  REQUIRE(parsed.mentions.size() == 2);
  CHECK(parsed.mentions[0].kind == FileReference::Kind::kFile);
  CHECK(parsed.mentions[0].path == "/nowhere/keys/a.asc");
  CHECK(parsed.mentions[1].kind == FileReference::Kind::kContent);
  CHECK(parsed.mentions[1].path == "/nowhere/recipes/site");
}

TEST_CASE("damaged recipes are read or refused, and nothing else") {
  const std::string text = read_file(BOOTSTRAP_SOURCE_DIR "/recipes/distroless.yml");
  std::mt19937 random(1);
  int refused = 0;
  constexpr int kRounds = 1000;
  for (int i = 0; i < kRounds; ++i) {
    const std::string damaged = mutated(text, random);
    try {
      parse_recipe(YamlNode::parse(damaged, "r.yml"), "/r.yml", nullptr);
    } catch (const Error& error) {
      ++refused;
      if (error.kind() != ErrorKind::kUsage || !error.message().starts_with("r.yml:"))
        FAIL(error.message() << "\nfor:\n" << damaged);
    }
  }
  CHECK(refused > kRounds / 2);
  CHECK(refused < kRounds);
}
