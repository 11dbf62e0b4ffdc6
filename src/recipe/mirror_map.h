// From the name of an archive to the places it is fetched from (design section 5). Content is authenticated
// by signature, so a mirror is only a place; for each archive the first of these wins: --mirror,
// $BOOTSTRAP_MIRROR_<NAME>, the recipe's url, mirrors.yml, the host's APT sources.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace bootstrap {

class MirrorMap {
 public:
  struct Options {
    std::vector<std::string>
        from_command_line;  ///< "NAME=URL", in order; the same name may come several times
    std::filesystem::path apt_directory = "/etc/apt";
    std::filesystem::path config_directory;  ///< the user's configuration folder of bootstrap, may be empty
  };

  /// Throws kUsage for a NAME=URL that is none.
  explicit MirrorMap(Options options);

  /// Base URLs (http, https or file; no trailing slash), to be tried in order; at least one.
  /// `recipe_directory` is where mirrors.yml may lie. A URL with "{snapshot}" in it is that of an archive of
  /// snapshots, and serves repositories that name a time, and no others. Throws kUsage, naming all five
  /// places, when there is none.
  std::vector<std::string> urls_for(const Repository& repository,
                                    const std::filesystem::path& recipe_directory) const;

 private:
  std::vector<std::string> mirrors_of(const Repository& repository,
                                      const std::filesystem::path& recipe_directory) const;

  Options options_;
  std::map<std::string, std::vector<std::string>> command_line_;
};

}  // namespace bootstrap
