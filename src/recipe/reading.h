// What the readers of one recipe share while they read it: its folder, the files that it names, and where
// each value stands.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/origins.h"
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

class Reading {
 public:
  /// `origins` is added to: it may hold what the recipe has from its parent.
  Reading(std::filesystem::path directory, Origins& origins)
      : directory_(std::move(directory)), origins_(origins) {}

  /// The absolute path of what `node` names, noted for load_recipe() to look at.
  std::filesystem::path resolve(const YamlNode& node, FileReference::Kind kind);
  std::vector<FileReference> take_files() { return std::move(files_); }

  /// Notes that the value of `step` ("image", "[0]") of the value being read stands at `node`, forgets what
  /// was known of an earlier one, unless it is `merged`, and calls `read` for it.
  template <typename Read>
  auto below(std::string_view step, const YamlNode& node, bool merged, const Read& read) {
    const Descent descent(*this, step);
    if (!merged)
      forget(path_);
    origins_[path_] = node.origin();
    return read();
  }
  /// Forgets where the value of `key`, beside the value being read, came from: it has its default again.
  void forget_sibling(std::string_view key);

 private:
  class Descent {
   public:
    Descent(Reading& reading, std::string_view step);
    ~Descent() { reading_.path_.resize(length_); }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;

   private:
    Reading& reading_;
    std::size_t length_;
  };

  void forget(std::string_view place);

  std::filesystem::path directory_;
  Origins& origins_;
  std::vector<FileReference> files_;
  std::string path_;
};

}  // namespace bootstrap
