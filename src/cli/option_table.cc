#include "cli/option_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace bootstrap {

namespace {

/// CLI11 adds what a validator says to the name of the type: "N:INT in [1 - 1024]".
std::string plain_type(const std::string& type) {
  std::size_t end = type.size();
  for (const char* start : {":INT in", ":FLOAT in", ":value in", ":{"})
    end = std::min(end, type.find(start));
  return type.substr(0, end);
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames())
    row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    row.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) {
    row.type = plain_type(option.get_type_name());
    row.default_value = option.get_default_str();
  }
  row.description = option.get_description();
  row.variable = option.get_envname();
  row.required = option.get_required();
  row.takes_rest = option.get_positional() && option.get_items_expected_max() > 1;
  return row;
}

std::vector<OptionRow> rows_of(const CLI::App& verb, bool positional) {
  std::vector<OptionRow> rows;
  const auto wanted = [positional](const CLI::Option* option) {
    return option->get_positional() == positional && !option->get_group().empty();
  };
  for (const CLI::Option* option : verb.get_options(wanted))
    rows.push_back(row_of(*option));
  return rows;
}

}  // namespace

std::vector<OptionRow> named_options(const CLI::App& verb) {
  return rows_of(verb, false);
}

std::vector<OptionRow> positional_arguments(const CLI::App& verb) {
  return rows_of(verb, true);
}

std::vector<const CLI::App*> verbs_of(const CLI::App& verb) {
  return verb.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

}  // namespace bootstrap
