// bootstrap run
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/found_image.h"
#include "cli/verbs.h"
#include "image/oci_documents.h"
#include "pipeline/record.h"
#include "recipe/label.h"
#include "runner/layer_trees.h"
#include "runner/run.h"

namespace bootstrap {

namespace {

constexpr const char* kReasonRun = "run";

/// Host names have no underscores, dots and the like, and are not long.
std::string hostname_of(std::string name) {
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
  return name.substr(0, 63);
}

/// Throws unless what the program changes can become a version of this image: found out before the program
/// starts. What a recipe makes is tested, locked and compared with its recipe; a kept image is none of that,
/// and would be the latest of it.
void require_keepable(const std::string& name, const CommonOptions& common) {
  if (parse_reference(name).name != name)
    throw Error(ErrorKind::kUsage, "--keep: \"" + name + "\" is not the name of an image",
                "write NAME; its version is the next there is");
  const ImageLayout layout(common.images, name);
  if (!layout.exists())
    return;
  const std::vector<ImageVersion> versions = layout.versions();
  if (std::any_of(versions.begin(), versions.end(),
                  [](const ImageVersion& version) { return version.reason != kReasonRun; }))
    throw Error(ErrorKind::kUsage, "--keep: " + name + " is an image that a recipe makes",
                "keep it under another name, as in --keep " + name + "-changed");
}

/// The image's config as it is, whatever is in it, but for what describes the one image alone.
Json kept_config(Json config) {
  const auto options = config.find("config");
  if (options == config.end() || !options->is_object() || !options->contains("Labels"))
    return config;
  Json& labels = options->at("Labels");
  for (auto label = labels.begin(); label != labels.end();)
    label = is_of_one_image(label.key()) ? labels.erase(label) : std::next(label);
  if (labels.empty())
    options->erase("Labels");
  return config;
}

/// The image with one layer more, as the next version of `name`.
ImageVersion keep_changes(const FoundImage& image, const std::filesystem::path& changes,
                          const std::string& name, const CommonOptions& common) {
  const Store store(common.store.empty() ? Store::default_root() : common.store);
  const ImageManifest manifest = image.layout.manifest(image.version.manifest);
  VersionRecord record = read_record(image.layout, image.version.manifest);
  ImageSpec spec;
  spec.name = name;
  spec.architecture = record.locks.back().architecture;
  spec.config = kept_config(manifest.config);
  spec.layers = manifest.layers;
  spec.layers.push_back(
      make_tar_layer(store, changes, manifest.layers.back().compression,
                     fmt::format("bootstrap run {}:{}", image.layout.name(), image.version.version)));
  spec.created = std::time(nullptr);
  for (const Layer& layer : manifest.layers) {
    const std::filesystem::path blob = store.path(Store::Area::kBlob, layer.digest.hex());
    if (!std::filesystem::exists(blob))
      std::filesystem::copy_file(image.layout.blob_path(layer.digest), blob);
  }
  ImageLayout layout(common.images, name);
  const Digest digest = layout.add_image(spec, store);
  record.making.encoders.merge(making_of(spec.layers).encoders);
  write_record(layout, digest, record);
  const std::optional<Digest> lock = Digest::parse(image.version.lock);
  return layout.add_version(digest, std::nullopt, kReasonRun, lock.value_or(digest), true);
}

Json to_json(const RunOutcome& outcome) {
  return {{"exit_code", outcome.exit_code}, {"end", outcome.end},    {"problem", outcome.problem},
          {"stdout", outcome.out},          {"stderr", outcome.err}, {"wall_us", outcome.wall.count()},
          {"degraded", outcome.degraded}};
}

/// Which option would have let it go on.
std::string hint_for(const RunOutcome& outcome) {
  if (outcome.end == "out of memory")
    return "--memory SIZE allows more, as in --memory 2G";
  if (outcome.end == "out of processes")
    return "--pids N allows more";
  return {};
}

}  // namespace

int run_verb(RunArguments arguments, const CommonOptions& common, Printer& printer) {
  const FoundImage image = find_image(arguments.reference, common);
  RunRequest& request = arguments.request;
  if (common.json && (request.interactive || request.terminal))
    throw Error(ErrorKind::kUsage, "--json does not go with -i and -t", "leave them out");
  if (request.keep)
    require_keepable(arguments.keep, common);
  request.capture = common.json;
  if (request.hostname.empty())
    request.hostname = hostname_of(image.layout.name());
  const std::filesystem::path store = common.store.empty() ? Store::default_root() : common.store;
  const std::filesystem::path trees = store / kLayerTrees;
  const UniqueFd in_use = use_layer_trees(trees);
  std::optional<TemporaryDirectory> changes;
  if (request.keep)
    changes.emplace(trees);
  const RunPlaces places{find_worker_program(), trees,
                         changes ? changes->path() / "changes.tar" : std::filesystem::path()};
  const RunOutcome outcome = run_image(image.layout, image.version.manifest, request, places);

  Json json = to_json(outcome);
  if (request.keep && outcome.end == "exited") {
    const ImageVersion kept = keep_changes(image, places.changes, arguments.keep, common);
    json["kept"] = {{"name", arguments.keep}, {"version", kept.version}, {"digest", kept.manifest.oci()}};
    printer.note(arguments.keep, "the changes are version " + kept.version);
  }
  if (common.json)
    fmt::print("{}", canonical_json(json));
  else if (!outcome.problem.empty())
    printer.error(
        Error(ErrorKind::kFailure, image.layout.name() + ": " + outcome.problem, hint_for(outcome)));
  if (outcome.weakened || common.verbosity == Verbosity::kVerbose) {
    for (const std::string& line : outcome.degraded)
      printer.note(image.layout.name(), line);
  }
  return outcome.exit_code;
}

}  // namespace bootstrap
