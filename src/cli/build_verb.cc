// `bootstrap RECIPE...` and `bootstrap lock`.
#include <fmt/format.h>

#include <algorithm>
#include <set>

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
  Json other_bytes = Json::array();
  for (const LayerDifference& difference : image.other_bytes)
    other_bytes.push_back(to_json(difference));
  Json json = {{"name", image.name},
               {"recipe", image.recipe_file},
               {"layout", (images / image.name).string()},
               {"image_id", image.image_id.oci()},
               {"digest", image.manifest.oci()},
               {"new_version", image.is_new_version},
               {"other_bytes", other_bytes},
               {"layers", layers},
               {"inherited_layers", image.inherited_layers},
               {"packages", image.packages},
               {"lock_written", image.lock_written},
               {"lock_changes", to_json(image.lock_changes)},
               {"notes", image.notes},
               {"degraded", image.degraded},
               {"built", image.built},
               {"tested", image.tested},
               {"tested_before", image.tested_before}};
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

/// Why there is none, and what is there instead.
void print_no_new_version(const BuiltImage& image) {
  fmt::print("  no new version: the image ID is that of {}\n", image.version->version);
  if (!image.other_bytes.empty())
    fmt::print(
        "            its blobs stay: {} of {} layers would only be compressed to other bytes ({}; there "
        "{})\n",
        image.other_bytes.size(), image.layers.size(), image.other_bytes.back().actual,
        image.other_bytes.back().expected.empty() ? "an unknown encoder" : image.other_bytes.back().expected);
  if (!image.version->latest)
    fmt::print("            latest stays {}; `bootstrap rollback {} {}` moves it\n", image.latest, image.name,
               image.version->version);
}

void print_summary(const BuiltImage& image, const CommonOptions& common, const Printer& printer) {
  std::string layout = (common.images / image.name).string();
  if (image.version) {
    fmt::print("{} {}\n", printer.bold(image.name), printer.bold(image.version->version));
  } else {
    fmt::print("{} {}\n", printer.bold(image.name), printer.red("has no new version: a test failed"));
  }
  if (image.version && !image.is_new_version)
    print_no_new_version(image);
  fmt::print("  image ID  {}\n  digest    {}\n", image.image_id.oci(), image.manifest.oci());
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

/// A summary for each recipe that was asked for; of their parents, only what moved.
void print_result(const BuildResult& result, const std::vector<RecipeChain>& chains,
                  const CommonOptions& common, Printer& printer) {
  std::set<std::string> asked;
  for (const RecipeChain& chain : chains)
    asked.insert(chain.back().file.string());
  for (const BuiltImage& image : result.images) {
    print_lock_changes(image.name, image.lock_changes);
    if (asked.contains(image.recipe_file) || !image.version)
      print_summary(image, common, printer);
  }
  for (const BuildFailure& failure : result.failures) {
    Error error = failure.error;
    error.prepend(failure.recipe_file);
    printer.error(error);
  }
}

Json to_json(const BuildResult& result, const std::filesystem::path& images) {
  Json built = Json::array();
  for (const BuiltImage& image : result.images)
    built.push_back(to_json(image, images));
  Json json = {{"images", built}};
  for (const BuildFailure& failure : result.failures) {
    Json error = to_json(failure.error);
    error["recipe"] = failure.recipe_file;
    json["errors"].push_back(std::move(error));
  }
  return json;
}

bool all_passed(const BuildResult& result) {
  return std::all_of(result.images.begin(), result.images.end(),
                     [](const BuiltImage& image) { return image.version.has_value(); });
}

/// The first failure decides; a failed test counts where nothing else failed.
int exit_code(const BuildResult& result) {
  if (!result.failures.empty())
    return static_cast<int>(result.failures.front().error.kind());
  return all_passed(result) ? 0 : static_cast<int>(ErrorKind::kTestFailed);
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
  options.repeat_scripts = arguments.run_tests;
  options.repeat_tests = arguments.repeat_tests;

  const BuildResult result = build_recipes(chains, options, owner.workshop());
  // Where one recipe was asked for, its failure is the verb's.
  if (chains.size() == 1 && !result.failures.empty() && all_passed(result))
    throw result.failures.front().error;
  if (common.json)
    fmt::print("{}", canonical_json(to_json(result, common.images)));
  else
    print_result(result, chains, common, printer);
  return exit_code(result);
}

int lock_verb(const LockArguments& arguments, const CommonOptions& common, Printer& printer) {
  std::vector<RecipeChain> chains;
  for (const std::filesystem::path& file : arguments.recipes)
    chains.push_back(load_recipe(file));
  WorkshopOwner owner(common, printer);
  Locker locker(arguments.fresh ? LockPolicy::kFresh : lock_policy(arguments.locked), owner.workshop());
  Json documents = Json::array();
  std::set<std::filesystem::path> shown;
  for (const RecipeChain& chain : chains) {
    for (const LockedRecipe& locked : locker.lock(chain)) {
      if (!shown.insert(locked.recipe.file).second)
        continue;
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
