#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <optional>

#include "cli/completion_values.h"
#include "cli/option_table.h"

namespace bootstrap {

namespace {

/// Reads the words before the cursor as the parser would, but without demanding anything of them.
class Reader {
 public:
  explicit Reader(const CLI::App& app) : root_(app), verb_(&app) {}

  void read(const std::string& word) {
    if (open_) {
      note(*open_, word);
      open_.reset();
    } else if (only_positionals_ || word.size() < 2 || word[0] != '-') {
      read_positional(word);
    } else if (word == "--") {
      only_positionals_ = true;
    } else if (word.starts_with("--")) {
      read_long(word);
    } else {
      read_short(word);
    }
  }

  /// What may stand in the place of the last word.
  std::vector<std::string> offer(const std::string& word) const {
    if (open_)
      return values_of(open_->type, word, context_);
    if (only_positionals_ || !word.starts_with('-'))
      return offer_positionals(word);
    const std::size_t equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos)
      return offer_options();
    const std::optional<OptionRow> option = find(word.substr(0, equals));
    std::vector<std::string> values;
    if (option && !option->type.empty()) {
      for (const std::string& value : values_of(option->type, word.substr(equals + 1), context_))
        values.push_back(value.starts_with(':') ? value : word.substr(0, equals + 1) + value);
    }
    return values;
  }

 private:
  void note(const OptionRow& option, const std::string& value) {
    if (std::find(option.names.begin(), option.names.end(), "--images") != option.names.end())
      context_.images = value;
  }

  /// Of the verb, else of the program: those may stand after the verb too.
  std::optional<OptionRow> find(const std::string& name) const {
    for (const CLI::App* app : {verb_, &root_}) {
      for (OptionRow& option : named_options(*app)) {
        if (std::find(option.names.begin(), option.names.end(), name) != option.names.end())
          return std::move(option);
      }
    }
    return std::nullopt;
  }

  void read_long(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::optional<OptionRow> option = find(word.substr(0, equals));
    if (!option || option->type.empty())
      return;
    if (equals == std::string::npos)
      open_ = option;
    else
      note(*option, word.substr(equals + 1));
  }

  /// "-it", "-m", "-m512M"
  void read_short(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::optional<OptionRow> option = find({'-', word[i]});
      if (!option || option->type.empty())
        continue;
      if (i + 1 == word.size())
        open_ = option;
      return;
    }
  }

  /// The positional argument that comes next.
  std::optional<OptionRow> next_positional() const {
    const std::vector<OptionRow> all = positional_arguments(*verb_);
    if (all.empty())
      return std::nullopt;
    if (positionals_ < all.size())
      return all[positionals_];
    return all.back().takes_rest ? std::optional(all.back()) : std::nullopt;
  }

  void read_positional(const std::string& word) {
    if (positionals_ == 0) {
      for (const CLI::App* verb : verbs_of(*verb_)) {
        if (verb->get_name() == word) {
          verb_ = verb;
          return;
        }
      }
    }
    if (const auto positional = next_positional())
      context_.arguments[positional->type].push_back(word);
    ++positionals_;
    // What follows the image of `run` is somebody else's command line.
    if (verb_->get_positionals_at_end())
      only_positionals_ = true;
  }

  std::vector<std::string> offer_positionals(const std::string& word) const {
    std::vector<std::string> words;
    if (positionals_ == 0 && !only_positionals_) {
      for (const CLI::App* verb : verbs_of(*verb_))
        words.push_back(verb->get_name() + "\t" + verb->get_description());
    }
    if (const auto positional = next_positional()) {
      const std::vector<std::string> values = values_of(positional->type, word, context_);
      words.insert(words.end(), values.begin(), values.end());
    }
    return words;
  }

  std::vector<std::string> offer_options() const {
    std::vector<std::string> words;
    for (const CLI::App* app : {verb_, &root_}) {
      for (const OptionRow& option : named_options(*app)) {
        for (const std::string& name : option.names)
          words.push_back(name + "\t" + option.description);
      }
      if (verb_ == &root_)
        break;
    }
    return words;
  }

  const CLI::App& root_;
  const CLI::App* verb_;
  std::optional<OptionRow> open_;  ///< the option whose value comes next
  std::size_t positionals_ = 0;
  bool only_positionals_ = false;
  CompletionContext context_;
};

}  // namespace

std::string completions(const CLI::App& app, const std::vector<std::string>& words) {
  Reader reader(app);
  const std::string last = words.empty() ? "" : words.back();
  std::string text;
  try {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      reader.read(words[i]);
    std::vector<std::string> offered = reader.offer(last);
    std::sort(offered.begin(), offered.end());
    offered.erase(std::unique(offered.begin(), offered.end()), offered.end());
    for (const std::string& line : offered) {
      if (line.starts_with(':') || line.starts_with(last))
        text += line + "\n";
    }
  } catch (const std::exception&) {
    return {};
  }
  return text;
}

}  // namespace bootstrap
