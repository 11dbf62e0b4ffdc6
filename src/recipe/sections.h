// Readers of a recipe's sections: each turns one checked YAML value into one part of a Recipe. They touch no
// file; what a section says about files is collected for load_recipe() to check.
//
// A reader that takes its result by reference leaves alone what the text does not mention. That is how a
// child has from its parent what it leaves out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

/// A file that a recipe names, and where in the text it does.
struct FileReference {
  enum class Kind {
    kFile,           ///< a regular file that can be read
    kContent,        ///< of files: a regular file or a folder
    kStructureTests  ///< of tests: a file of container-structure-test, which brings tests of its own
  };
  Kind kind;
  YamlNode place;
  std::filesystem::path path;  ///< absolute
};

/// A recipe's folder, and the files its text refers to.
struct FileReferences {
  std::filesystem::path directory;
  std::vector<FileReference> found;

  /// The absolute path of what `node` names, noted.
  std::filesystem::path resolve(const YamlNode& node, FileReference::Kind kind);
};

std::vector<std::string> read_architectures(const YamlNode& node);
std::vector<Repository> read_repositories(const YamlNode& node, FileReferences& files);
void read_packages(const YamlNode& node, bool has_parent, PackageSelection& packages);
std::vector<std::string> read_debconf(const YamlNode& node);
void read_paths(const YamlNode& node, PathRules& paths);
std::vector<OwnFile> read_files(const YamlNode& node, FileReferences& files);
std::vector<UserAccount> read_users(const YamlNode& node);
void read_image(const YamlNode& node, ImageOptions& image);
void read_layers(const YamlNode& node, LayerOptions& layers);
std::vector<SmokeTest> read_tests(const YamlNode& node, FileReferences& files);
void read_limits(const YamlNode& node, Limits& limits);
Budgets read_budgets(const YamlNode& node);
void read_update(const YamlNode& node, UpdatePolicy& update);

/// Shared by the readers.
///@{

/// What `is_absolute_path` does not accept.
inline constexpr const char* kNotAPath = "not an absolute path";
inline constexpr const char* kPathHint = "it starts with / and has neither \"..\" nor \"//\" in it";

/// A string that `accepts` accepts; otherwise the error is "`what`" with the hint.
std::string checked(const YamlNode& node, bool (*accepts)(std::string_view), std::string_view what,
                    std::string hint = {});
/// A list of such strings, none of them twice.
std::vector<std::string> checked_list(const YamlNode& node, bool (*accepts)(std::string_view),
                                      std::string_view what, std::string hint = {});
std::chrono::milliseconds read_duration(const YamlNode& node);
std::uint64_t read_size(const YamlNode& node);
/// `pattern`, which stands at `node`, if it is an ECMAScript regular expression.
std::string checked_pattern(const YamlNode& node, const std::string& pattern);
///@}

}  // namespace bootstrap
