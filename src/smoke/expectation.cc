#include "smoke/expectation.h"

#include <fmt/format.h>

#include <regex>

#include "smoke/output_text.h"

namespace bootstrap {
namespace {

constexpr std::size_t kShownText = 200;

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n'))
    text.remove_suffix(1);
  return text;
}

/// libstdc++'s ordinary matcher goes one call deeper with every character, and a long line of output would
/// overflow the stack; its polynomial one does not, at the price of back-references.
constexpr std::regex::flag_type regex_flags() {
#ifdef __GLIBCXX__
  return std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
#else
  return std::regex_constants::ECMAScript;
#endif
}

std::optional<Failure> check_pattern(std::string_view what, const std::string& pattern, bool wanted,
                                     const std::string& text) {
  const std::string expectation =
      fmt::format("{} {} {}", what, wanted ? "matches" : "does not match", excerpt(pattern));
  try {
    if (std::regex_search(text, std::regex(pattern, regex_flags())) == wanted)
      return std::nullopt;
    return Failure{expectation, excerpt(text)};
  } catch (const std::regex_error& error) {
    return Failure{expectation, std::string("the expression cannot be used: ") + error.what()};
  }
}

}  // namespace

std::string excerpt(std::string_view text) {
  if (text.empty())
    return "nothing";
  std::string shown = "\"";
  for (char c : displayable(text.substr(0, kShownText)))
    shown += c == '\n' ? "\\n" : std::string(1, c);
  return shown + (text.size() > kShownText ? "\"..." : "\"");
}

std::optional<Failure> check_text(std::string_view what, const TextExpectation& expected,
                                  const std::string& text) {
  // Nearly every program ends its output with a newline, and nobody thinks of it.
  if (expected.equals && without_newline(text) != without_newline(*expected.equals))
    return Failure{fmt::format("{} equals {}", what, excerpt(*expected.equals)), excerpt(text)};
  if (expected.contains && text.find(*expected.contains) == std::string::npos)
    return Failure{fmt::format("{} contains {}", what, excerpt(*expected.contains)), excerpt(text)};
  for (const std::string& pattern : expected.matches) {
    if (auto failure = check_pattern(what, pattern, true, text))
      return failure;
  }
  for (const std::string& pattern : expected.excludes) {
    if (auto failure = check_pattern(what, pattern, false, text))
      return failure;
  }
  return std::nullopt;
}

std::optional<Failure> check_json(const std::map<std::string, Json>& expected, const std::string& text) {
  if (expected.empty())
    return std::nullopt;
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded())
    return Failure{"the body is JSON", excerpt(text)};
  for (const auto& [pointer, value] : expected) {
    const Json::json_pointer place(pointer);
    const Json actual = document.contains(place) ? document.at(place) : Json();
    if (actual != value) {
      return Failure{fmt::format("{} of the body is {}", pointer, value.dump()),
                     document.contains(place) ? excerpt(actual.dump()) : "there is no such value"};
    }
  }
  return std::nullopt;
}

}  // namespace bootstrap
