#include "update/verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/image_format.h"
#include "pipeline/build.h"
#include "pipeline/record.h"
#include "update/recorded_recipes.h"

namespace bootstrap {

namespace {

/// By hard link where that goes, else not at all: what is missing is fetched.
void take_over_downloads(const std::vector<LockedRecipe>& locked, const Store& from, const Store& to) {
  for (const LockedRecipe& recipe : locked) {
    for (const LockedPackage& package : recipe.lock.packages) {
      const std::string name = package.sha256.hex();
      std::error_code not_there;
      std::filesystem::path target = to.path(Store::Area::kDownload, name);
      std::filesystem::path source = from.path(Store::Area::kDownload, name);
      std::filesystem::create_hard_link(source, target, not_there);
      if (not_there == std::errc::cross_device_link)
        std::filesystem::copy_file(source, target, not_there);
    }
  }
}

}  // namespace

Verification verify_version(const ImageLayout& layout, const ImageVersion& version, const Store& store,
                            const std::filesystem::path& scratch, Workshop& empty) {
  VersionRecord record = read_record(layout, version.manifest);
  std::vector<LockedRecipe> locked = recorded_recipes(record, layout, scratch);
  take_over_downloads(locked, store, empty.store);
  BuildOptions options;
  options.run_tests = false;
  options.repeat_scripts = false;
  options.reason = "verify";
  BuildResult all = build_locked({locked}, options, empty);
  if (!all.failures.empty())
    throw all.failures.front().error;
  const BuiltImage& built = all.images.back();

  Verification result;
  ImageManifest expected = layout.manifest(version.manifest);
  add_encoders(record.making, expected.layers);
  result.expected = version.manifest;
  result.actual = built.manifest;
  result.expected_id = expected.config_digest;
  result.actual_id = built.image_id;
  result.format = record.making.format;
  result.packages = built.packages;
  result.layers = differing_layers(expected.layers, built.layers);
  result.difference = find_first_difference(layout, version.manifest,
                                            ImageLayout(empty.images, layout.name()), built.manifest);
  if (result.difference && !result.other_format().empty())
    result.difference->likely_cause = result.other_format();
  return result;
}

bool Verification::same() const {
  return same_image() && std::all_of(layers.begin(), layers.end(), [](const LayerDifference& layer) {
           return layer.expected.empty() || layer.expected != layer.actual;
         });
}

std::string Verification::other_format() const {
  return format_sentence(format);
}

}  // namespace bootstrap
