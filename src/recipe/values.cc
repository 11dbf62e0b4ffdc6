#include "recipe/values.h"

#include <fmt/format.h>

#include <optional>
#include <regex>

#include "recipe/syntax.h"

namespace bootstrap {
namespace {

/// std::regex recurses with the length of the pattern.
constexpr std::size_t kLongestPattern = 500;

Shown shown_text(const std::string& text) {
  return Shown(text);
}

/// A value with a notation of its own: what `parse` does not take is `what`.
template <typename T, typename Parse, typename Show>
Value<T> notation(Parse parse, Show show, const std::string& what, const std::string& hint,
                  std::string_view pattern) {
  auto read = [=](const YamlNode& node, Reading&) {
    const std::optional<T> value = parse(node.scalar());
    if (!value)
      node.fail(what, hint);
    return *value;
  };
  return {read, show, {{"type", "string"}, {"pattern", pattern}}};
}

/// In the largest of these units that it is a whole number of; each is so many of the one before.
std::string in_units(std::uint64_t count, const std::vector<std::pair<unsigned, std::string_view>>& units) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && count != 0 && count % units[unit + 1].first == 0)
    count /= units[++unit].first;
  return fmt::format("{}{}", count, units[unit].second);
}

}  // namespace

Value<std::string> text() {
  return {[](const YamlNode& node, Reading&) { return node.string(); },
          shown_text,
          {{"type", "string"}, {"minLength", 1}}};
}

Value<std::string> any_text() {
  return {[](const YamlNode& node, Reading&) { return node.any_string(); }, shown_text, {{"type", "string"}}};
}

Value<std::string> word(const Word& word) {
  return {[word](const YamlNode& node, Reading&) { return checked(node, word); }, shown_text,
          schema_of(word)};
}

Value<std::string> word_or_empty(const Word& word) {
  auto read = [word](const YamlNode& node, Reading&) {
    return node.any_string().empty() ? std::string() : checked(node, word);
  };
  return {read, shown_text, {{"anyOf", {schema_of(word), {{"const", ""}}}}}};
}

Value<std::string> quoted_word(const Word& word) {
  auto read = [word](const YamlNode& node, Reading&) {
    node.quoted_string();
    return checked(node, word);
  };
  return {read, shown_text, schema_of(word)};
}

Value<bool> boolean() {
  return {[](const YamlNode& node, Reading&) { return node.boolean(); },
          [](const bool& value) { return Shown(value); },
          {{"type", "boolean"}}};
}

Value<std::chrono::milliseconds> duration() {
  auto show = [](const std::chrono::milliseconds& value) {
    return Shown(
        in_units(static_cast<std::uint64_t>(value.count()), {{1, "ms"}, {1000, "s"}, {60, "m"}, {60, "h"}}));
  };
  return notation<std::chrono::milliseconds>(parse_duration, show, "not a duration",
                                             "a number with its unit, ms, s, m or h, up to 24h, as in 60s",
                                             "^[1-9][0-9]*(ms|s|m|h)$");
}

Value<std::chrono::hours> age() {
  auto show = [](const std::chrono::hours& value) {
    return Shown(in_units(static_cast<std::uint64_t>(value.count()), {{1, "h"}, {24, "d"}, {7, "w"}}));
  };
  return notation<std::chrono::hours>(parse_age, show, "not an age",
                                      "a number with its unit, h, d or w, as in 24h or 7d", "^[0-9]+[hdw]$");
}

Value<std::uint64_t> size() {
  auto show = [](const std::uint64_t& value) {
    return Shown(in_units(value >> 10, {{1, "K"}, {1024, "M"}, {1024, "G"}, {1024, "T"}}));
  };
  return notation<std::uint64_t>(parse_size, show, "not a size",
                                 "a number with its unit, K, M, G or T, as in 512M", "^[1-9][0-9]*[KMGT]$");
}

Value<std::chrono::sys_seconds> snapshot_time() {
  auto show = [](const std::chrono::sys_seconds& value) { return Shown(snapshot_name(value)); };
  return notation<std::chrono::sys_seconds>(parse_snapshot, show, "not a time",
                                            "in UTC, as in 20261101T120000Z", "^[0-9]{8}T[0-9]{6}Z$");
}

Value<std::uint32_t> file_mode(std::string what) {
  auto read = [what = std::move(what)](const YamlNode& node, Reading&) {
    const std::optional<std::uint32_t> mode = parse_mode(node.quoted_string());
    if (!mode)
      node.fail(what, "three or four octal digits in quotes, as in \"0644\"");
    return *mode;
  };
  auto show = [](const std::uint32_t& mode) { return Shown(fmt::format("{:04o}", mode)); };
  return {read, show, {{"type", "string"}, {"pattern", "^[0-7]{3,4}$"}}};
}

Value<std::string> port(bool with_sctp) {
  auto parse = [with_sctp](const std::string& text) -> std::optional<std::string> {
    const auto parsed = parse_port(text);
    return parsed && (with_sctp || !parsed->ends_with("/sctp")) ? parsed : std::nullopt;
  };
  Value<std::string> value =
      notation<std::string>(parse, shown_text, "not a port",
                            with_sctp ? "a number from 1 to 65535, with /tcp, /udp or /sctp, as in 80/tcp"
                                      : "a number, or one with its protocol, tcp or udp: 80, 53/udp",
                            with_sctp ? "^[1-9][0-9]*(/(tcp|udp|sctp))?$" : "^[1-9][0-9]*(/(tcp|udp))?$");
  value.schema = {{"anyOf", {value.schema, {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}}}}};
  return value;
}

Value<std::string> pattern() {
  return {[](const YamlNode& node, Reading&) { return checked_pattern(node, node.string()); },
          shown_text,
          {{"type", "string"}, {"minLength", 1}, {"maxLength", kLongestPattern}}};
}

Value<std::filesystem::path> file(FileReference::Kind kind) {
  return {[kind](const YamlNode& node, Reading& reading) { return reading.resolve(node, kind); },
          [](const std::filesystem::path& path) { return Shown(path.string()); },
          {{"type", "string"}, {"minLength", 1}}};
}

Value<std::vector<std::string>> command() {
  auto read = [](const YamlNode& node, Reading&) {
    if (!node.is_sequence())
      node.fail("expected a list of arguments", "as in [nginx, -g, \"daemon off;\"]");
    std::vector<std::string> words;
    for (const YamlNode& item : node.sequence())
      words.push_back(words.empty() ? item.string() : item.any_string());
    return words;
  };
  return {read,
          [](const std::vector<std::string>& words) { return Shown(words); },
          {{"type", "array"},
           {"items", Json::array({{{"type", "string"}, {"minLength", 1}}})},
           {"additionalItems", {{"type", "string"}}}}};
}

std::string checked_pattern(const YamlNode& node, const std::string& pattern) {
  if (pattern.size() > kLongestPattern)
    node.fail(fmt::format("a pattern longer than {} characters", kLongestPattern));
  try {
    std::regex{pattern};
  } catch (const std::regex_error& problem) {
    node.fail("not a regular expression", fmt::format("ECMAScript syntax is expected: {}", problem.what()));
  }
  return pattern;
}

}  // namespace bootstrap
