// The kinds of single values that a recipe may hold.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "recipe/value.h"
#include "recipe/words.h"

namespace bootstrap {

/// Any string but an empty one.
Value<std::string> text();
/// Any string.
Value<std::string> any_text();
Value<std::string> word(const Word& word);
/// An empty string, too.
Value<std::string> word_or_empty(const Word& word);
/// Such a word in quotes, because some YAML readers take it for a number.
Value<std::string> quoted_word(const Word& word);
Value<bool> boolean();
/// "500ms", "60s", "2m", "1h".
Value<std::chrono::milliseconds> duration();
/// "12h", "90d", "4w".
Value<std::chrono::hours> age();
/// "512M", in bytes.
Value<std::uint64_t> size();
/// "20261101T120000Z".
Value<std::chrono::sys_seconds> snapshot_time();
/// "0644" in quotes; the error about another string is `what`.
Value<std::uint32_t> file_mode(std::string what);
/// 80, 80/tcp; as "80/tcp".
Value<std::string> port(bool with_sctp);
/// An ECMAScript regular expression.
Value<std::string> pattern();
/// A file that the recipe names; its absolute path.
Value<std::filesystem::path> file(FileReference::Kind kind);
/// A program and its arguments.
Value<std::vector<std::string>> command();

template <typename Number>
Value<Number> integer(std::int64_t least, std::int64_t most) {
  auto read = [=](const YamlNode& node, Reading&) { return static_cast<Number>(node.integer(least, most)); };
  auto show = [](const Number& number) { return Shown(number); };
  return {read, show, {{"type", "integer"}, {"minimum", least}, {"maximum", most}}};
}

/// One of a few words, each of which stands for a value; `name_of` tells which.
template <typename Choice, std::size_t kCount>
Value<Choice> choice(const std::array<Choice, kCount>& choices, std::string_view (*name_of)(Choice)) {
  std::array<std::string_view, kCount> names;
  std::transform(choices.begin(), choices.end(), names.begin(), name_of);
  auto read = [choices, names](const YamlNode& node, Reading&) { return choices[node.one_of(names)]; };
  auto show = [name_of](const Choice& choice) { return Shown(name_of(choice)); };
  return {read, show, {{"enum", names}}};
}

/// `pattern`, which stands at `node`, if it is an ECMAScript regular expression. Throws kUsage.
std::string checked_pattern(const YamlNode& node, const std::string& pattern);

}  // namespace bootstrap
