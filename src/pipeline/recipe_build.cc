#include "pipeline/recipe_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/fd.h"
#include "base/image_format.h"
#include "image/layer.h"
#include "image/oci_documents.h"
#include "package/compress.h"
#include "pipeline/own_files_layer.h"
#include "pipeline/passed_tests.h"
#include "pipeline/recorded_tests.h"
#include "pipeline/repeatable.h"
#include "pipeline/required_box.h"
#include "rootfs/steps.h"

namespace bootstrap {

namespace {

bool has_blobs(const Store& store, const std::vector<Layer>& layers) {
  return std::all_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    return store.contains(Store::Area::kBlob, layer.digest.hex());
  });
}

bool has_blobs(const ImageLayout& layout, const std::vector<Layer>& layers) {
  return std::all_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    return std::filesystem::exists(layout.blob_path(layer.digest));
  });
}

std::vector<std::string> ports_seen_before(const ImageLayout& layout, const Digest& manifest) {
  try {
    return read_record(layout, manifest).ports;
  } catch (const Error&) {
    return {};  // none is there, or a damaged one, which is about to be replaced
  }
}

}  // namespace

RecipeBuild::RecipeBuild(std::vector<LockedRecipe> chain, RecipeBuild* parent, const BuildOptions& options,
                         Workshop& workshop)
    : chain_(std::move(chain)), parent_(parent), options_(options), workshop_(workshop) {
  image_.name = locked().recipe.name;
  image_.recipe_file = locked().recipe.file.string();
  image_.lock_written = locked().written;
  image_.lock_changes = locked().changes;
  for (const LockedRecipe& recipe : chain_)
    image_.packages += recipe.lock.packages.size();
  // Now, for a mistake in it should not come up when all else is done.
  if (const auto& profile = locked().recipe.profile)
    profile_ = parse_profile(read_file(*profile), profile->string());
}

std::string RecipeBuild::image_key() const {
  return Digest::of(compact_json({{"image_format", kImageFormat},
                                  {"lock", lock_digest(locked().lock).oci()},
                                  {"encoder", encoder_name(locked().recipe.layers.compression)}}))
      .hex();
}

bool RecipeBuild::find_image() {
  const auto text = workshop_.store.get(Store::Area::kImage, image_key());
  if (!text)
    return false;
  const Json known = parse_json(*text, "the store's note of an image");
  const auto manifest = Digest::parse(known.at("manifest").get<std::string>());
  const ImageLayout layout(workshop_.images, image_.name);
  if (!manifest || !layout.exists() || !std::filesystem::exists(layout.blob_path(*manifest)))
    return false;
  try {
    ImageManifest image = layout.manifest(*manifest);
    image_.image_id = image.config_digest;
    image_.layers = std::move(image.layers);
    add_encoders(read_making(layout, *manifest), image_.layers);
  } catch (const Error&) {
    return false;  // damaged: it is made again
  }
  if (!has_blobs(workshop_.store, image_.layers) || !has_blobs(layout, image_.layers))
    return false;
  image_.manifest = *manifest;
  image_.inherited_layers = known.at("inherited_layers").get<std::size_t>();
  image_.notes = known.at("notes").get<std::vector<std::string>>();
  state_ = known.value("state", "");
  image_.built = false;
  return true;
}

bool RecipeBuild::needs_repetition() const {
  const Recipe& recipe = locked().recipe;
  const bool has_scripts =
      recipe.scripts == ScriptMode::kRun && !(locked().lock.packages.empty() && recipe.debconf.empty());
  return options_.repeat_scripts && has_scripts &&
         (state_.empty() || !find_repetition(workshop_.store, state_));
}

std::vector<AssembledRecipe> RecipeBuild::ancestors() const {
  if (parent_ == nullptr)
    return {};
  std::vector<AssembledRecipe> ancestors = parent_->ancestors();
  ancestors.push_back(parent_->assembled_);
  return ancestors;
}

AssembleRequest RecipeBuild::request(std::vector<StagedPackage> packages) const {
  const Recipe& recipe = locked().recipe;
  AssembleRequest request;
  request.architecture = locked().lock.architecture;
  request.scripts = recipe.scripts;
  request.parents = ancestors();
  request.packages = std::move(packages);
  request.debconf = recipe.debconf;
  request.users = recipe.users;
  request.paths = recipe.paths;
  request.state = recipe.state;
  request.accelerators = workshop_.accelerators;
  return request;
}

void RecipeBuild::assemble(std::vector<StagedPackage> packages) {
  workshop_.reporter.stage(image_.name, "assembling the root filesystem");
  Trace::Span span(workshop_.trace, "assemble " + image_.name);
  AssembleRequest request = this->request(std::move(packages));
  assembled_.state = bootstrap::assemble(
      request, workshop_.store, workshop_.worker_program,
      [&](std::string_view text) { workshop_.reporter.detail(text); }, workshop_.trace);
  assembled_.packages = std::move(request.packages);
  state_ = assembled_.state.key;
  image_.notes = assembled_.state.notes;
  image_.degraded = assembled_.state.degraded;
}

void RecipeBuild::repeat(std::vector<StagedPackage> packages) {
  const AssembleRequest request = this->request(std::move(packages));
  if (find_repetition(workshop_.store, steps_of(request).back().key))
    return;
  workshop_.reporter.stage(image_.name, "running its scripts a second time");
  Trace::Span span(workshop_.trace, "repeat " + image_.name);
  try {
    repeated_.emplace(
        request, workshop_.store, workshop_.worker_program,
        [&](std::string_view text) { workshop_.reporter.detail(text); }, workshop_.trace);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kTestFailed)
      throw;
    not_repeated_ = error;
  }
}

std::vector<std::vector<std::size_t>> RecipeBuild::planned_layers() const {
  const std::vector<LockedPackage>& packages = locked().lock.packages;
  std::map<unsigned, std::vector<std::size_t>> planned;
  for (std::size_t i = 0; i < packages.size(); ++i)
    planned[packages[i].layer].push_back(i);
  std::vector<std::vector<std::size_t>> layers;
  for (auto& [number, positions] : planned)
    layers.push_back(std::move(positions));
  return layers;
}

void RecipeBuild::pack_early(const std::vector<std::shared_ptr<const Segment>>& packages) const {
  Trace::Span span(workshop_.trace, "pack a layer of " + image_.name);
  make_package_layer(workshop_.store, SegmentStore(workshop_.store), packages,
                     locked().recipe.layers.compression);
}

/// Packages by the lock's plan, without what scripts changed; then the state; then the recipe's own files.
std::vector<Layer> RecipeBuild::own_layers(const std::vector<std::shared_ptr<const Segment>>& packed) const {
  const Recipe& recipe = locked().recipe;
  const SegmentStore segments(workshop_.store);
  const auto& all_masked = assembled_.state.masked;
  std::vector<Layer> layers;
  for (const std::vector<std::size_t>& positions : planned_layers()) {
    std::vector<std::shared_ptr<const Segment>> packages;
    for (std::size_t i : positions) {
      const auto masked = all_masked.find(packed[i]->name);
      packages.push_back(masked == all_masked.end()
                             ? packed[i]
                             : std::make_shared<const Segment>(segments.without(*packed[i], masked->second)));
    }
    layers.push_back(make_package_layer(workshop_.store, segments, packages, recipe.layers.compression));
  }
  layers.push_back(make_tar_layer(workshop_.store, assembled_.state.tar, recipe.layers.compression,
                                  "state after configuration"));
  if (!recipe.files.empty()) {
    std::vector<AssembledRecipe> below = ancestors();
    below.push_back(assembled_);
    layers.push_back(make_own_files_layer(recipe, below, workshop_.store));
  }
  return layers;
}

void RecipeBuild::write_image(const std::vector<std::shared_ptr<const Segment>>& packed) {
  const Recipe& recipe = locked().recipe;
  workshop_.reporter.stage(recipe.name, "writing the image");
  Trace::Span span(workshop_.trace, "write the image of " + recipe.name);
  if (parent_ != nullptr)
    image_.layers = parent_->image_.layers;
  image_.inherited_layers = image_.layers.size();
  for (Layer& layer : own_layers(packed))
    image_.layers.push_back(std::move(layer));
  ImageSpec spec;
  spec.name = recipe.name;
  spec.architecture = locked().lock.architecture;
  spec.options = recipe.image;
  spec.layers = image_.layers;
  spec.created = assembled_.state.newest_mtime;
  image_.image_id = Digest::of(config_document(spec));
  ImageLayout layout(workshop_.images, recipe.name);
  if (!take_existing(layout))
    image_.manifest = layout.add_image(spec, workshop_.store);
  workshop_.store.put(Store::Area::kImage, image_key(),
                      compact_json({{"manifest", image_.manifest.oci()},
                                    {"inherited_layers", image_.inherited_layers},
                                    {"state", state_},
                                    {"notes", image_.notes}}));
}

/// A version that has the same image ID is the same image. Its blobs are used as they are, though this
/// build's may be compressed in another way: nobody has to pull it again.
bool RecipeBuild::take_existing(const ImageLayout& layout) {
  const std::optional<ImageVersion> existing = layout.version_of(image_.image_id);
  if (!existing || !layout.give_layers(existing->manifest, workshop_.store))
    return false;
  std::vector<Layer> layers = layout.manifest(existing->manifest).layers;
  add_encoders(read_making(layout, existing->manifest), layers);
  image_.manifest = existing->manifest;
  image_.other_bytes = differing_layers(layers, image_.layers);
  image_.layers = std::move(layers);
  return true;
}

VersionRecord RecipeBuild::record(const ImageLayout& layout) const {
  VersionRecord record;
  record.making = making_of(image_.layers);
  RecipeChain recipes;
  for (const LockedRecipe& recipe : chain_) {
    recipes.push_back(recipe.recipe);
    record.locks.push_back(recipe.lock);
    const std::vector<std::string>& include = recipe.recipe.packages.include;
    record.requested.insert(record.requested.end(), include.begin(), include.end());
  }
  record.tests = locked().recipe.tests;
  record.limits = locked().recipe.limits;
  record.budgets = locked().recipe.budgets;
  record.profile = profile_;
  record.state = state_;
  record.accepted = locked().recipe.state.accept;
  record.sources = keep_sources(recipes, layout);
  record.releases = keep_releases(record.locks, layout, workshop_.store);
  keep_how_it_was_made(layout, record);
  return record;
}

/// Of an image that was there: its format and encoders; and with another compression than the recipe's, also
/// the recipe and locks that gave its bytes.
void RecipeBuild::keep_how_it_was_made(const ImageLayout& layout, VersionRecord& record) const {
  if (!has_record(layout, image_.manifest))
    return;
  VersionRecord before;
  try {
    before = read_record(layout, image_.manifest);
  } catch (const Error&) {
    return;  // damaged, and about to be replaced
  }
  record.making = before.making;
  if (image_.layers.back().compression == locked().recipe.layers.compression)
    return;
  record.locks = std::move(before.locks);
  record.requested = std::move(before.requested);
  record.sources = std::move(before.sources);
  record.releases = std::move(before.releases);
}

/// Why there is a new version. Of a lock that has one already, which an older format made, that is the
/// reason.
std::string RecipeBuild::reason(const ImageLayout& layout) const {
  const std::string lock = lock_digest(locked().lock).oci();
  for (const ImageVersion& version : layout.versions()) {
    if (version.lock == lock && !version.rejected &&
        read_making(layout, version.manifest).format < kImageFormat)
      return fmt::format("format {}", kImageFormat);
  }
  return options_.reason;
}

void RecipeBuild::publish() {
  ImageLayout layout(workshop_.images, image_.name);
  VersionRecord record = this->record(layout);
  if (options_.run_tests)
    test(record);
  if (options_.repeat_scripts)
    test_repetition();
  const bool passed = !image_.tested || image_.tests.passed();
  if (!passed && !options_.keep_rejected)
    return;
  record.ports = image_.tested ? profile_of(image_.tests).ports : ports_seen_before(layout, image_.manifest);
  write_record(layout, image_.manifest, record);
  const Digest lock = lock_digest(locked().lock);
  const std::vector<ImageVersion> before = layout.versions();
  if (passed)
    image_.version = layout.add_version(image_.manifest, locked().recipe.version, reason(layout), lock, true);
  else
    image_.rejected = layout.add_rejected(image_.manifest, locked().recipe.version, reason(layout), lock);
  image_.is_new_version = std::none_of(before.begin(), before.end(), [&](const ImageVersion& version) {
    return version.manifest == image_.manifest && !version.rejected;
  });
  for (const ImageVersion& version : layout.versions())
    image_.latest = version.latest ? version.version : image_.latest;
}

void RecipeBuild::test(const VersionRecord& record) {
  image_.tested = true;
  if (!options_.repeat_tests) {
    if (auto report = find_passed_tests(workshop_.store, image_.manifest, record)) {
      image_.tests = std::move(*report);
      image_.tested_before = true;
      return;
    }
  }
  workshop_.reporter.stage(image_.name, fmt::format("running {} smoke tests", record.tests.size()));
  Trace::Span span(workshop_.trace, "test " + image_.name);
  try {
    image_.tests = run_recorded_tests(ImageLayout(workshop_.images, image_.name), image_.manifest, record,
                                      workshop_.worker_program,
                                      [&](std::string_view text) { workshop_.reporter.detail(text); });
  } catch (const Error& error) {
    throw error.kind() == ErrorKind::kSandbox ? only_tests_need(locked().recipe, error) : error;
  }
  if (image_.tests.passed())
    keep_passed_tests(workshop_.store, image_.manifest, record, image_.tests);
}

void RecipeBuild::test_repetition() {
  const std::vector<AcceptedPath>& accepted = locked().recipe.state.accept;
  if (not_repeated_) {
    image_.tests.outcomes.push_back(failed_repetition(*not_repeated_));
  } else if (repeated_) {
    add_repetition(repeated_->compare(assembled_.state, workshop_.store), accepted, image_.tests);
    repeated_.reset();
  } else if (const auto known = find_repetition(workshop_.store, state_)) {
    add_repetition(*known, accepted, image_.tests);
  }
  image_.tested = true;
}

}  // namespace bootstrap
