// The options and verbs that the command line's parser knows, for who writes about them: the manual page and
// the completion in shells. Both are made from what parses, so they cannot say anything else.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bootstrap {

struct OptionRow {
  std::vector<std::string> names;  ///< "-j", "--jobs"; none for a positional argument
  std::string type;                ///< what its value is: "N", "DIR", "NAME[:VERSION]"; empty for a flag
  std::string description;
  std::string default_value;  ///< as the parser shows it; may be empty
  std::string variable;       ///< of the environment, that stands for it; may be empty
  bool required = false;
  bool takes_rest = false;  ///< a positional argument that takes all that follow
};

/// Those with a name, --help and --version included, in the order of `--help`.
std::vector<OptionRow> named_options(const CLI::App& verb);
/// The positional arguments, in their order.
std::vector<OptionRow> positional_arguments(const CLI::App& verb);
/// The verbs below `verb`, hidden ones left out.
std::vector<const CLI::App*> verbs_of(const CLI::App& verb);

}  // namespace bootstrap
