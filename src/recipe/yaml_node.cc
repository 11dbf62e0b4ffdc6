#include "recipe/yaml_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <regex>

#include "recipe/nearest.h"

namespace bootstrap {
bool needs_quotes(const std::string& word) {
  static const std::regex kBoolean("y|n|yes|no|on|off|true|false|null|~", std::regex::icase);
  static const std::regex kNumber(
      R"([-+]?(\d[\d_]*(:[0-5]?\d)*(\.\d*)?|\.\d+)(e[-+]?\d+)?|0[xob][\da-f_]+|[-+]?\.(inf|nan))",
      std::regex::icase);
  // Nothing longer is one of these, and std::regex recurses once per letter.
  constexpr std::size_t kLongest = 64;
  return word.size() <= kLongest && (std::regex_match(word, kBoolean) || std::regex_match(word, kNumber));
}

void YamlNode::fail(std::string_view what, std::string hint) const {
  source_->fail(position_, what, std::move(hint));
}

void YamlNode::fail_type(std::string_view expected) const {
  const std::string_view found = kind_ == Kind::kNull       ? "nothing"
                                 : kind_ == Kind::kSequence ? "a list"
                                 : kind_ == Kind::kMap      ? "a map"
                                 : quoted_                  ? "a quoted string"
                                                            : std::string_view(scalar_);
  if (kind_ == Kind::kScalar && !quoted_)
    fail(fmt::format("expected {}, found \"{}\"", expected, found.substr(0, 80)));
  fail(fmt::format("expected {}, found {}", expected, found));
}

const std::string& YamlNode::scalar() const {
  if (kind_ != Kind::kScalar)
    fail_type("a single value");
  return scalar_;
}

const std::string& YamlNode::any_string() const {
  if (kind_ != Kind::kScalar)
    fail_type("a string");
  if (!quoted_ && needs_quotes(scalar_))
    fail(fmt::format("{} is not a string for every YAML reader", scalar_),
         fmt::format("quote it: \"{}\"", scalar_));
  return scalar_;
}

const std::string& YamlNode::string() const {
  if (any_string().empty())
    fail("must not be empty");
  return scalar_;
}

const std::string& YamlNode::quoted_string() const {
  if (kind_ != Kind::kScalar)
    fail_type("a quoted string");
  if (!quoted_)
    fail("expected a quoted string", fmt::format("quote it: \"{}\"", scalar_.substr(0, 80)));
  return string();
}

bool YamlNode::boolean() const {
  if (kind_ != Kind::kScalar || quoted_ || (scalar_ != "true" && scalar_ != "false"))
    fail_type("true or false");
  return scalar_ == "true";
}

std::int64_t YamlNode::integer(std::int64_t least, std::int64_t most) const {
  if (kind_ != Kind::kScalar || quoted_)
    fail_type("a whole number");
  const std::string_view digits = std::string_view(scalar_).substr(scalar_.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    fail_type("a whole number");
  if (digits.size() > 1 && digits[0] == '0')
    fail("a number with a leading zero", "some YAML readers take it for an octal number; drop the zero");
  std::int64_t value = 0;
  const auto result = std::from_chars(scalar_.data(), scalar_.data() + scalar_.size(), value);
  if (result.ec != std::errc{} || value < least || value > most)
    fail(fmt::format("must be a number from {} to {}", least, most));
  return value;
}

std::size_t YamlNode::one_of(std::span<const std::string_view> words) const {
  const std::string& word = string();
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end())
    fail(fmt::format("unknown value \"{}\"", word), suggestion(word, words, "values"));
  return static_cast<std::size_t>(found - words.begin());
}

const std::vector<YamlNode>& YamlNode::sequence() const {
  if (kind_ != Kind::kSequence)
    fail_type("a list");
  return values_;
}

std::vector<std::string> YamlNode::strings() const {
  std::vector<std::string> result;
  for (const YamlNode& item : sequence())
    result.push_back(item.string());
  return result;
}

const YamlNode& YamlNode::map_of(std::span<const std::string_view> known) const {
  if (kind_ != Kind::kMap)
    fail_type("a map");
  for (const YamlNode& key : keys_)
    if (std::find(known.begin(), known.end(), key.scalar_) == known.end())
      key.fail(fmt::format("unknown key \"{}\"", key.scalar_), suggestion(key.scalar_, known, "keys"));
  return *this;
}

void YamlNode::for_each(const std::function<void(const YamlNode&, const YamlNode&)>& visit) const {
  if (kind_ != Kind::kMap)
    fail_type("a map");
  for (std::size_t i = 0; i < keys_.size(); ++i)
    visit(keys_[i], values_[i]);
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (keys_[i].scalar_ == key)
      return &values_[i];
  return nullptr;
}

const YamlNode& YamlNode::at(std::string_view key) const {
  const YamlNode* value = find(key);
  if (value == nullptr)
    fail(fmt::format("\"{}\" is missing", key));
  return *value;
}

const YamlNode& YamlNode::key(std::string_view key) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const YamlNode& node) { return node.scalar_ == key; });
  return found == keys_.end() ? *this : *found;
}

}  // namespace bootstrap
