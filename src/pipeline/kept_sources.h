// A recipe with all that it refers to, kept beside the image that was made of it: recipe texts, keys, own
// files. With them a version can be built again years later, when nobody has the checkout any more.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/layout.h"
#include "lock/lockfile.h"
#include "recipe/recipe.h"

namespace bootstrap {

struct KeptFile {
  std::string path;  ///< below the folder that all kept files have in common
  Digest content;    ///< a blob of the layout; unless it is a link or a folder
  std::string link_target;
  bool executable = false;
  bool folder = false;  ///< with nothing in it
};

struct KeptSources {
  std::string recipe;  ///< which of `files` is the image's own recipe
  std::vector<KeptFile> files;
  bool empty() const { return files.empty(); }
};

/// Throws kFailure unless `contents`, which were read from the recipe's `files:`, are those that were locked
/// (`locked` is Lockfile::recipe).
void check_locked_content(const Recipe& recipe, const std::vector<Digest>& contents, const Digest& locked);

/// Copies what the recipes of a chain are made of into the blobs of `layout`. `locks` are those of the chain;
/// throws as check_locked_content() does.
KeptSources keep_sources(const RecipeChain& chain, const std::vector<Lockfile>& locks,
                         const ImageLayout& layout);
/// Writes them below `directory` and returns the path of the recipe. What a recipe names by an absolute path
/// is not found there, but where it says.
std::filesystem::path restore_sources(const KeptSources& sources, const ImageLayout& layout,
                                      const std::filesystem::path& directory);

/// Copies the signed releases that the locks name, as far as the store has them, and returns their digests.
std::vector<Digest> keep_releases(const std::vector<Lockfile>& locks, const ImageLayout& layout,
                                  const Store& store);

Json to_json(const KeptSources& sources);
/// Throws Json::exception for anything else.
KeptSources kept_sources_from_json(const Json& json);

}  // namespace bootstrap
