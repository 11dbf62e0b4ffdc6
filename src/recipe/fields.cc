#include "recipe/fields.h"

#include <algorithm>

namespace bootstrap {

Shown Shown::map() {
  Shown shown;
  shown.is_map_ = true;
  return shown;
}

Shown& Shown::at(std::string_view key) {
  return std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == key; })
      ->second;
}

void Shown::remove(std::string_view key) {
  std::erase_if(fields_, [&](const auto& field) { return field.first == key; });
}

Json Shown::json() const {
  Json json = value_;
  if (is_list_)
    json = Json::array();
  for (const Shown& item : items_)
    json.push_back(item.json());
  if (is_map_)
    json = Json::object();
  for (const auto& [key, value] : fields_)
    json[key] = value.json();
  return json;
}

void FieldTable::add(Field field, const Shown& defaults) {
  if (!defaults.value().is_null() && defaults.value() != "")
    field.schema["default"] = defaults.value();
  field.schema["description"] = field.description;
  fields_.push_back(std::move(field));
}

std::vector<std::string_view> FieldTable::keys() const {
  std::vector<std::string_view> keys;
  for (const Field& field : fields_)
    keys.push_back(field.key);
  return keys;
}

void FieldTable::read(const YamlNode& node, Reading& reading, void* into) const {
  node.map_of(keys());
  for (const Field& field : fields_)
    if (const YamlNode* value = field.required ? &node.at(field.key) : node.find(field.key))
      reading.below(field.key, *value, field.merged, [&] { field.read(*value, reading, into); });
  for (const Check& check : checks_)
    check(node, into);
}

Shown FieldTable::show(const void* from) const {
  Shown shown = Shown::map();
  for (const Field& field : fields_)
    if (Shown value = field.show(from); !value.is_nothing())
      shown.add(field.key, std::move(value));
  return shown;
}

Json FieldTable::schema() const {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields_) {
    properties[field.key] = field.schema;
    if (field.required)
      required.push_back(field.key);
  }
  Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty())
    schema["required"] = required;
  return schema;
}

Json schema_of_entries(const Word& word, const Json& value) {
  return {{"type", "object"}, {"propertyNames", schema_of(word)}, {"additionalProperties", value}};
}

}  // namespace bootstrap
