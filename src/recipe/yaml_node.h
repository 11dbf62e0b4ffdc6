// A YAML document as checked values that know where they stand.
//
// yaml-cpp parses; this tree is built from its events instead of its YAML::Node, because that one forgets
// duplicate keys, resolves aliases without counting, and converts types by guessing. Here nothing is guessed:
// a value has the type its reader asks for, or is an error that points at it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/origins.h"
#include "recipe/yaml_source.h"

namespace bootstrap {

/// Whether a plain word is something else than a string to some reader of YAML 1.1 or 1.2: a boolean, a
/// number, nothing.
bool needs_quotes(const std::string& word);

class YamlNode {
 public:
  /// Parses a text that must hold exactly one document. `name` is what errors call the file. Throws kUsage.
  static YamlNode parse(std::string_view text, std::string name);

  /// Throws kUsage, pointing at this value.
  [[noreturn]] void fail(std::string_view what, std::string hint = {}) const;

  Origin origin() const { return {source_->name(), position_.line + 1}; }

  /// Each of these throws kUsage unless the value is of that type.
  ///@{

  /// Not empty. A plain word that YAML readers take for something else than a string (no, 1.10, 0755) must be
  /// quoted, so that nobody has to know which reader takes it for what.
  const std::string& string() const;
  /// As string(), but may be empty.
  const std::string& any_string() const;
  /// A string in quotes.
  const std::string& quoted_string() const;
  /// A word or number as it is written.
  const std::string& scalar() const;
  /// true or false, nothing else.
  bool boolean() const;
  /// Decimal, without leading zeros, from `least` to `most`.
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  /// The place of the string in `words`; the error names the nearest one.
  std::size_t one_of(std::span<const std::string_view> words) const;
  const std::vector<YamlNode>& sequence() const;
  /// A list of strings.
  std::vector<std::string> strings() const;
  /// A map whose keys are all of `known`; an unknown one is an error that names the nearest.
  const YamlNode& map_of(std::span<const std::string_view> known) const;
  const YamlNode& map_of(std::initializer_list<std::string_view> known) const {
    return map_of(std::span(known.begin(), known.size()));
  }
  /// Calls `visit(key, value)` for each pair of a map, in the order of the text.
  void for_each(const std::function<void(const YamlNode&, const YamlNode&)>& visit) const;
  ///@}

  /// The value of a key of this map; nullptr if it is not there.
  const YamlNode* find(std::string_view key) const;
  /// The same, but a missing key is an error.
  const YamlNode& at(std::string_view key) const;
  /// The key itself, to point at. It must be there.
  const YamlNode& key(std::string_view key) const;
  /// Whether this is a list (for the few values that may be one or a list of them).
  bool is_sequence() const { return kind_ == Kind::kSequence; }
  bool is_map() const { return kind_ == Kind::kMap; }
  /// Whether this is a single value in quotes (for the few values that may be a word or a string).
  bool is_quoted() const { return quoted_; }

 private:
  friend class YamlTreeBuilder;
  enum class Kind { kNull, kScalar, kSequence, kMap };

  YamlNode(std::shared_ptr<const YamlSource> source, Kind kind, TextPosition position)
      : source_(std::move(source)), kind_(kind), position_(position) {}
  [[noreturn]] void fail_type(std::string_view expected) const;

  std::shared_ptr<const YamlSource> source_;
  Kind kind_;
  TextPosition position_;
  std::string scalar_;
  bool quoted_ = false;
  std::vector<YamlNode> keys_;    ///< of a map
  std::vector<YamlNode> values_;  ///< of a map, in the order of keys_, or of a list
};

}  // namespace bootstrap
