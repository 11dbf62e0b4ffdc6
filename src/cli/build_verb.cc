// `bootstrap RECIPE...` and `bootstrap lock`.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "cli/lock_text.h"
#include "cli/test_text.h"
#include "cli/verbs.h"
#include "pipeline/build.h"

namespace bootstrap {

namespace {

Json to_json(const BuiltImage& image, const std::filesystem::path& images) {
  Json layers = Json::array();
  for (const Layer& layer : image.layers)
    layers.push_back(to_json(layer));
  Json json = {{"name", image.name},
               {"recipe", image.recipe_file},
               {"layout", (images / image.name).string()},
               {"digest", image.manifest.oci()},
               {"layers", layers},
               {"inherited_layers", image.inherited_layers},
               {"packages", image.packages},
               {"lock_written", image.lock_written},
               {"lock_changes", to_json(image.lock_changes)},
               {"notes", image.notes},
               {"tested", image.tested}};
  json["version"] = image.version ? Json(image.version->version) : Json();
  if (image.tested)
    json["tests"] = to_json(image.tests);
  return json;
}

/// What a layer holds, short enough for a table.
std::string short_title(const Layer& layer) {
  std::string title = layer.created_by;
  if (title.size() > 70)
    title = title.substr(0, 67) + "...";
  return title;
}

void print_layers(const BuiltImage& image) {
  std::uint64_t total = 0;
  for (const Layer& layer : image.layers)
    total += layer.size;
  fmt::print("  layers    {} ({} from the parent), {} compressed\n", image.layers.size(),
             image.inherited_layers, human_size(total));
  for (std::size_t i = image.inherited_layers; i < image.layers.size(); ++i) {
    const Layer& layer = image.layers[i];
    fmt::print("            {} {:>9}  {}\n", layer.digest.hex().substr(0, 12), human_size(layer.size),
               short_title(layer));
  }
}

void print_summary(const BuiltImage& image, const CommonOptions& common, const Printer& printer) {
  std::string layout = (common.images / image.name).string();
  if (image.version) {
    fmt::print("{} {}\n", printer.bold(image.name), printer.bold(image.version->version));
  } else {
    fmt::print("{} {}\n", printer.bold(image.name), printer.red("has no new version: a smoke test failed"));
  }
  fmt::print("  digest    {}\n", image.manifest.oci());
  fmt::print("  packages  {}\n", image.packages);
  print_layers(image);
  if (image.tested) {
    print_tests(image.tests, printer);
  } else {
    fmt::print("  tests     not run\n");
  }
  if (!image.version)
    return;
  fmt::print("  layout    {}\n", layout);
  fmt::print("  run it    bootstrap run {0}\n            podman run oci:{1}:{2}\n", image.name, layout,
             image.version->version);
}

LockPolicy lock_policy(bool locked) {
  return locked ? LockPolicy::kLocked : LockPolicy::kKeep;
}

}  // namespace

int build_verb(const BuildArguments& arguments, const CommonOptions& common, Printer& printer) {
  std::vector<RecipeChain> chains;
  for (const std::filesystem::path& file : arguments.recipes)
    chains.push_back(load_recipe(file));
  WorkshopOwner owner(common, printer);
  BuildOptions options;
  options.lock = lock_policy(arguments.locked);
  options.run_tests = arguments.run_tests;

  bool passed = true;
  Json documents = Json::array();
  for (const RecipeChain& chain : chains) {
    std::vector<BuiltImage> images = build_chain(chain, options, owner.workshop());
    for (const BuiltImage& image : images) {
      if (common.json) {
        documents.push_back(to_json(image, common.images));
      } else {
        print_lock_changes(image.name, image.lock_changes);
      }
      passed = passed && image.version.has_value();
    }
    if (!common.json)
      print_summary(images.back(), common, printer);
  }
  if (common.json)
    fmt::print("{}", canonical_json({{"images", documents}}));
  return passed ? 0 : static_cast<int>(ErrorKind::kTestFailed);
}

int lock_verb(const LockArguments& arguments, const CommonOptions& common, Printer& printer) {
  std::vector<RecipeChain> chains;
  for (const std::filesystem::path& file : arguments.recipes)
    chains.push_back(load_recipe(file));
  WorkshopOwner owner(common, printer);
  Json documents = Json::array();
  for (const RecipeChain& chain : chains) {
    LockPolicy policy = arguments.fresh ? LockPolicy::kFresh : lock_policy(arguments.locked);
    for (const LockedRecipe& locked : lock_chain(chain, policy, owner.workshop())) {
      std::filesystem::path file = lock_path(locked.recipe.file);
      if (common.json) {
        documents.push_back({{"name", locked.recipe.name},
                             {"lock", file.string()},
                             {"digest", lock_digest(locked.lock).oci()},
                             {"packages", locked.lock.packages.size()},
                             {"written", locked.written},
                             {"changes", to_json(locked.changes)}});
        continue;
      }
      print_lock_changes(locked.recipe.name, locked.changes);
      fmt::print("{}: {} packages, {} {}\n", locked.recipe.name, locked.lock.packages.size(), file.string(),
                 locked.written ? "written" : "is up to date");
    }
  }
  if (common.json)
    fmt::print("{}", canonical_json({{"locks", documents}}));
  return 0;
}

}  // namespace bootstrap
