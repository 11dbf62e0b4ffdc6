// Which values an option may have, by the name of their type in the option table.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bootstrap {

/// What of a command line the values of its other options depend on.
struct CompletionContext {
  std::filesystem::path images = "images";                         ///< --images
  std::map<std::string, std::vector<std::string>> arguments = {};  ///< positional ones so far, by their type
};

/// Values of `type` that may begin with `word`, and lines as completions() returns them for file names.
/// Throws what reading images, recipes and locks throws.
std::vector<std::string> values_of(const std::string& type, const std::string& word,
                                   const CompletionContext& context);

}  // namespace bootstrap
