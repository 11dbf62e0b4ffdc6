// What the shells offer when TAB is pressed. The scripts in completions/ know nothing: they ask the program
// itself (`bootstrap --complete WORD...`), which reads the option table of its own parser, so that what is
// offered is what is understood.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace bootstrap {

/// What may stand in the place of the last of `words`, the part of it that was typed included; `words` are
/// those after the program's name. One a line: the word, or the word, a tab and what it means. Where a name
/// of a file may stand, a line ":files", ":directories" or ":recipes" leaves that to the shell. Never throws
/// for what cannot be read: that is completed by nothing.
std::string completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace bootstrap
