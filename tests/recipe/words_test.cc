#include "recipe/words.h"

#include <random>
#include <regex>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace bootstrap;

namespace {

struct Sample {
  const Word* word;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> kSamples{
      {&kRecipeName, {"web", "a.b_c-1"}, {"Web", "a..b", "a-"}},
      {&kRecipeVersion, {"1", "1.4", "2026.11.21"}, {"1.", "v1", "1.2.3.4"}},
      {&kArchiveName, {"debian-security"}, {"a--b", "A"}},
      {&kSuite, {"bookworm-updates", "stable/updates", "a+b.c"}, {"../x", "a/", "a//b"}},
      {&kComponent, {"main", "non-free-firmware"}, {"./", ""}},
      {&kPackageName, {"g++", "libc6", "a.b"}, {"a", "Foo", "a=1"}},
      {&kPackageGlob, {"nginx*", "?x"}, {"", "A*"}},
      {&kVersionGlob, {"1.22.*", "1:2~rc1-3+b1"}, {"", "1 2"}},
      {&kUserName, {"www-data", "_apt"}, {"1a", "a.b"}},
      {&kUser, {"app", "10001:10001", "a:0"}, {"a:b:c", ":a", "a:"}},
      {&kEnvironmentName, {"LANG", "_a1"}, {"1A", "A-B"}},
      {&kSignalName, {"SIGTERM", "SIGRTMIN+3", "SIGUSR1"}, {"TERM", "SIGx"}},
      {&kAbsolutePath, {"/", "/a", "/a/", "/a/.b/..c/d e"}, {"a", "/a//b", "/../a", "/a/.", "/a/..", "//"}},
      {&kPasswdPath, {"/home/app"}, {"home", "/a/../b"}},
      {&kDebconfSelection,
       {"tzdata tzdata/Areas select Etc", "a b note", " a\tb string  "},
       {"tzdata", "# a b select"}},
      {&kTestName, {"a b", "x: y"}, {}},
      {&kMethod, {"GET"}, {"get", ""}},
      {&kFieldName, {"Content-Type", "a.b!"}, {"a b", ""}},
      {&kJsonPointer, {"/a", "/items/0/name", "/a~1b", "/"}, {"a", "/~2"}},
      {&kLoopbackUrl,
       {"http://127.0.0.1:80/", "http://localhost:8080/a?b=c"},
       {"http://x:80/", "http://localhost/"}},
  };
  return kSamples;
}

/// Words that are a letter or two away from one that somebody might write.
std::string changed(std::string text, std::mt19937& random) {
  constexpr std::string_view kLetters = "aZ0/.:-_+*?~ \t#'\"(ä%=";
  for (int i = 0; i < 2; ++i) {
    const std::size_t at = random() % (text.size() + 1);
    if (random() % 3 == 0 && at < text.size())
      text.erase(at, 1);
    else if (random() % 2 == 0 && at < text.size())
      text.insert(at, 1, text[random() % text.size()]);
    else
      text.insert(at, 1, kLetters[random() % kLetters.size()]);
  }
  return text;
}

}  // namespace

TEST_CASE("what an editor refuses the reader refuses, too") {
  std::mt19937 random(1);
  for (const Sample& sample : samples()) {
    const Word& word = *sample.word;
    INFO(word.what << ": " << word.pattern);
    const std::regex pattern(word.pattern);
    auto editor_accepts = [&](const std::string& text) {
      return std::regex_search(text, pattern) && (word.longest == 0 || text.size() <= word.longest);
    };
    for (const std::string& text : sample.good) {
      INFO(text);
      CHECK(word.accepts(text));
      CHECK(editor_accepts(text));
      for (int i = 0; i < 500; ++i) {
        const std::string other = changed(text, random);
        INFO(other);
        if (word.accepts(other) && !other.empty())
          CHECK(editor_accepts(other));
      }
    }
    for (const std::string& text : sample.bad) {
      INFO(text);
      CHECK(!word.accepts(text));
      CHECK(!editor_accepts(text));
    }
  }
}
