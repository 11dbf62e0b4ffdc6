#include "cli/manual_page.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/manual_text.h"
#include "cli/option_table.h"

namespace bootstrap {

namespace {

/// A line of text: what roff would take for an escape or a request is neither.
std::string text_line(std::string_view text) {
  std::string line = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text)
    line += c == '\\' ? "\\e" : std::string(1, c);
  if (!line.ends_with('.'))
    line += '.';
  return line + "\n";
}

/// " Ar NAME=URL"; a macro's argument ends at a blank.
std::string argument(const std::string& type) {
  return type.empty() ? "" : fmt::format(" Ar \"{}\"", type);
}

std::string option_list(const std::vector<OptionRow>& options) {
  if (options.empty())
    return {};
  std::string text = ".Bl -tag -width Ds\n";
  for (const OptionRow& option : options) {
    text += ".It";
    for (std::size_t i = 0; i < option.names.size(); ++i) {
      const std::string& name = option.names[i];
      const bool is_long = name.starts_with("--");
      text +=
          fmt::format("{} {} {}", i == 0 ? "" : " ,", is_long ? "Fl Fl" : "Fl", name.substr(is_long ? 2 : 1));
    }
    text += argument(option.type) + "\n" + text_line(option.description);
    if (!option.default_value.empty())
      text += ".br\nDefault: " + text_line(option.default_value);
    if (!option.variable.empty())
      text += fmt::format(".br\nIn the environment:\n.Ev {} .\n", option.variable);
  }
  return text + ".El\n";
}

/// What a command line with this verb looks like, and what it does; then the verbs below it.
std::string verb_section(const CLI::App& verb, const std::string& name) {
  if (const auto below = verbs_of(verb); !below.empty()) {
    std::string text;
    for (const CLI::App* one : below)
      text += verb_section(*one, name + " " + one->get_name());
    return text;
  }
  std::vector<OptionRow> options = named_options(verb);
  std::erase_if(options, [](const OptionRow& row) { return row.names.back() == "--help"; });  // as of all
  std::string text = fmt::format(".Ss {0}\n.Nm\n.Cm {0}\n", name);
  if (!options.empty())
    text += ".Op Ar options\n";
  for (const OptionRow& row : positional_arguments(verb))
    text += (row.required ? "." : ".Op") + argument(row.type).substr(row.required ? 1 : 0) + "\n";
  return text + ".Pp\n" + text_line(verb.get_description()) + option_list(options);
}

std::string replaced(std::string text, std::string_view mark, const std::string& with) {
  return text.replace(text.find(mark), mark.size(), with);
}

}  // namespace

std::string manual_page(const CLI::App& app) {
  std::string verbs;
  for (const CLI::App* verb : verbs_of(app))
    verbs += verb_section(*verb, verb->get_name());
  return replaced(replaced(std::string(kManualText), "@OPTIONS@\n", option_list(named_options(app))),
                  "@VERBS@\n", verbs);
}

}  // namespace bootstrap
