// A kind of value that a recipe may hold: how it is read, how it is shown, and what an editor is told of it.
// The three stand together so that none can say something else than the others.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "recipe/reading.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

/// A value as a recipe would write it: nothing, a single one, a list, or a map in the order of the recipe.
class Shown {
 public:
  /// Nothing: the recipe would not mention it.
  Shown() = default;
  explicit Shown(Json value) : value_(std::move(value)) {}
  explicit Shown(std::vector<Shown> items) : items_(std::move(items)), is_list_(true) {}
  static Shown map();

  /// Of a map that has it.
  Shown& at(std::string_view key);
  void remove(std::string_view key);
  void add(std::string key, Shown value) { fields_.emplace_back(std::move(key), std::move(value)); }

  bool is_nothing() const { return !is_map_ && !is_list_ && value_.is_null(); }
  bool is_map() const { return is_map_; }
  bool is_list() const { return is_list_; }
  const Json& value() const { return value_; }
  const std::vector<Shown>& items() const { return items_; }
  const std::vector<std::pair<std::string, Shown>>& fields() const { return fields_; }
  Json json() const;

 private:
  Json value_;
  std::vector<Shown> items_;
  std::vector<std::pair<std::string, Shown>> fields_;
  bool is_map_ = false;
  bool is_list_ = false;
};

template <typename T>
struct Value {
  /// Throws kUsage, pointing at the place, for what is not of this kind.
  std::function<T(const YamlNode& node, Reading& reading)> read;
  std::function<Shown(const T& value)> show;
  /// JSON Schema (draft 7). It takes every value that `read` takes; of those that `read` refuses it takes
  /// some: a schema sees neither quotes nor files, and it compares no two values.
  Json schema;
};

/// A list of such values.
template <typename T>
Value<std::vector<T>> list_of(Value<T> item) {
  auto read = [item](const YamlNode& node, Reading& reading) {
    std::vector<T> result;
    const std::vector<YamlNode>& nodes = node.sequence();
    for (std::size_t i = 0; i < nodes.size(); ++i)
      result.push_back(reading.below(fmt::format("[{}]", i), nodes[i], false,
                                     [&] { return item.read(nodes[i], reading); }));
    return result;
  };
  auto show = [item](const std::vector<T>& values) {
    std::vector<Shown> shown;
    for (const T& value : values)
      shown.push_back(item.show(value));
    return Shown(std::move(shown));
  };
  return {read, show, {{"type", "array"}, {"items", item.schema}}};
}

/// A list with no value twice.
template <typename T>
Value<std::vector<T>> set_of(const Value<T>& item) {
  Value<std::vector<T>> list = list_of(item);
  auto read = [all = list.read](const YamlNode& node, Reading& reading) {
    std::vector<T> result = all(node, reading);
    std::set<T> seen;
    for (std::size_t i = 0; i < result.size(); ++i)
      if (!seen.insert(result[i]).second)
        node.sequence()[i].fail(fmt::format("\"{}\" is here twice", result[i]));
    return result;
  };
  list.read = read;
  list.schema["uniqueItems"] = true;
  return list;
}

/// A list with at least one value; the error about an empty one is `what` and `hint`.
template <typename T>
Value<std::vector<T>> not_empty(Value<std::vector<T>> list, std::string what, std::string hint = {}) {
  auto read = [all = list.read, what = std::move(what), hint = std::move(hint)](const YamlNode& node,
                                                                                Reading& reading) {
    std::vector<T> result = all(node, reading);
    if (result.empty())
      node.fail(what, hint);
    return result;
  };
  list.read = read;
  list.schema["minItems"] = 1;
  return list;
}

/// One value, or a list of them.
template <typename T>
Value<std::vector<T>> one_or_list_of(const Value<T>& item) {
  Value<std::vector<T>> list = list_of(item);
  auto read = [item, all = list.read](const YamlNode& node, Reading& reading) {
    return node.is_sequence() ? all(node, reading) : std::vector<T>{item.read(node, reading)};
  };
  auto show = [item, all = list.show](const std::vector<T>& values) {
    return values.size() == 1 ? item.show(values.front()) : all(values);
  };
  return {read, show, {{"anyOf", {item.schema, list.schema}}}};
}

}  // namespace bootstrap
