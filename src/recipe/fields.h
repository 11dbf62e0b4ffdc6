// The keys of a map in a recipe, each with the member that it fills: one table that the reader, `bootstrap
// show` and the schema for editors are made of.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recipe/value.h"
#include "recipe/words.h"

namespace bootstrap {

/// The table without the type of what it fills: one compiled body for all of them.
class FieldTable {
 public:
  struct Field {
    std::string key;
    std::string description;  ///< one line, for who is writing a recipe
    Json schema;
    std::function<void(const YamlNode& value, Reading& reading, void* into)> read;
    std::function<Shown(const void* from)> show;
    bool required = false;
    bool merged = false;  ///< adds to what is there instead of replacing it
  };
  using Check = std::function<void(const YamlNode& node, const void* value)>;

  /// `defaults` is what the field shows when the recipe does not mention it.
  void add(Field field, const Shown& defaults);
  void add_check(Check check) { checks_.push_back(std::move(check)); }
  const std::vector<Field>& fields() const { return fields_; }
  const std::vector<Check>& checks() const { return checks_; }

  std::vector<std::string_view> keys() const;
  void read(const YamlNode& node, Reading& reading, void* into) const;
  Shown show(const void* from) const;
  Json schema() const;

 private:
  std::vector<Field> fields_;
  std::vector<Check> checks_;
};

/// The schema of a map whose keys are such words.
Json schema_of_entries(const Word& word, const Json& value);

template <typename T>
class Fields {
 public:
  /// A key that fills no member of its own, or more than one.
  struct Field {
    std::string key;
    std::string description;
    Json schema;
    std::function<void(const YamlNode& value, Reading& reading, T& into)> read;
    std::function<Shown(const T& from)> show;
    bool required = false;
  };

  template <typename M>
  Fields& required(std::string key, M T::* member, Value<M> value, std::string description) {
    return add_member(std::move(key), member, std::move(value), std::move(description), true);
  }

  template <typename M>
  Fields& add(std::string key, M T::* member, Value<M> value, std::string description) {
    return add_member(std::move(key), member, std::move(value), std::move(description), false);
  }

  template <typename M>
  Fields& add(std::string key, std::optional<M> T::* member, Value<M> value, std::string description) {
    return add(Field{std::move(key), std::move(description), std::move(value.schema),
                     [member, read = std::move(value.read)](const YamlNode& node, Reading& reading, T& into) {
                       into.*member = read(node, reading);
                     },
                     [member, show = std::move(value.show)](const T& from) {
                       return from.*member ? show(*(from.*member)) : Shown();
                     }});
  }

  /// A map with keys of its own. What it does not mention stays as it is. `fields` must outlive this.
  template <typename M>
  Fields& section(std::string key, M T::* member, const Fields<M>& fields, std::string description) {
    const FieldTable* table = &fields.table();
    table_.add(
        {std::move(key), std::move(description), table->schema(),
         [member, table](const YamlNode& node, Reading& reading, void* into) {
           table->read(node, reading, &(static_cast<T*>(into)->*member));
         },
         [member, table](const void* from) { return table->show(&(static_cast<const T*>(from)->*member)); },
         false, true},
        Shown());
    return *this;
  }

  /// A map whose keys are words that the writer chooses. Its pairs are added to those that are there.
  template <typename M>
  Fields& entries(std::string key, std::map<std::string, M> T::* member, const Word& word, Value<M> value,
                  std::string description) {
    auto read = [member, word, read = value.read](const YamlNode& node, Reading& reading, void* into) {
      node.for_each([&](const YamlNode& name, const YamlNode& item) {
        const std::string& text = checked(name, word);
        (static_cast<T*>(into)->*member)[text] =
            reading.below(text, item, false, [&] { return read(item, reading); });
      });
    };
    auto show = [member, show = value.show](const void* from) {
      Shown shown = Shown::map();
      for (const auto& [name, item] : static_cast<const T*>(from)->*member)
        shown.add(name, show(item));
      return shown;
    };
    table_.add({std::move(key), std::move(description), schema_of_entries(word, value.schema), read, show,
                false, true},
               Shown());
    return *this;
  }

  Fields& add(Field field) {
    const Shown defaults = field.required ? Shown() : field.show(T{});
    table_.add(
        {std::move(field.key), std::move(field.description), std::move(field.schema),
         [read = std::move(field.read)](const YamlNode& value, Reading& reading, void* into) {
           read(value, reading, *static_cast<T*>(into));
         },
         [show = std::move(field.show)](const void* from) { return show(*static_cast<const T*>(from)); },
         field.required},
        defaults);
    return *this;
  }

  /// The fields of what is a part of a T: `part` finds it in one that is being read, `part_of` in one that
  /// has it.
  template <typename P>
  Fields& embed(const Fields<P>& fields, P& (*part)(T& whole), const P& (*part_of)(const T& whole)) {
    for (FieldTable::Field field : fields.table().fields()) {
      field.read = [part, read = field.read](const YamlNode& value, Reading& reading, void* into) {
        read(value, reading, &part(*static_cast<T*>(into)));
      };
      field.show = [part_of, show = field.show](const void* from) {
        return show(&part_of(*static_cast<const T*>(from)));
      };
      table_.add(std::move(field), Shown());
    }
    for (const FieldTable::Check& check : fields.table().checks())
      table_.add_check([part_of, check](const YamlNode& node, const void* value) {
        check(node, &part_of(*static_cast<const T*>(value)));
      });
    return *this;
  }

  /// What must hold of the values together; called after reading, throws kUsage.
  Fields& check(void (*check)(const YamlNode& node, const T& value)) {
    table_.add_check(
        [check](const YamlNode& node, const void* value) { check(node, *static_cast<const T*>(value)); });
    return *this;
  }

  const FieldTable& table() const { return table_; }
  std::vector<std::string_view> keys() const { return table_.keys(); }
  /// Reads a map that has these keys and no others.
  void read(const YamlNode& node, Reading& reading, T& into) const { table_.read(node, reading, &into); }
  Shown show(const T& from) const { return table_.show(&from); }
  Json schema() const { return table_.schema(); }

  /// Such a map as an item of a list.
  Value<T> value() const {
    auto table = std::make_shared<const FieldTable>(table_);
    auto read = [table](const YamlNode& node, Reading& reading) {
      T into{};
      table->read(node, reading, &into);
      return into;
    };
    return {read, [table](const T& from) { return table->show(&from); }, schema()};
  }

 private:
  template <typename M>
  Fields& add_member(std::string key, M T::* member, Value<M> value, std::string description, bool required) {
    const Shown defaults = required ? Shown() : value.show(T{}.*member);
    table_.add({std::move(key), std::move(description), std::move(value.schema),
                [member, read = std::move(value.read)](const YamlNode& node, Reading& reading, void* into) {
                  static_cast<T*>(into)->*member = read(node, reading);
                },
                [member, show = std::move(value.show)](const void* from) {
                  return show(static_cast<const T*>(from)->*member);
                },
                required},
               defaults);
    return *this;
  }

  FieldTable table_;
};

}  // namespace bootstrap
