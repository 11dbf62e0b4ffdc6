#include "pipeline/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel.h"
#include "image/layer.h"
#include "pipeline/own_files_layer.h"
#include "pipeline/packages.h"
#include "pipeline/record.h"

namespace bootstrap {

namespace {

/// What one recipe of the chain hands to its children.
struct Built {
  AssembledRecipe assembled;
  std::vector<Layer> layers;  ///< the parents' included
};

AssembleRequest assemble_request(const LockedRecipe& locked, const std::vector<Built>& parents,
                                 std::vector<StagedPackage> packages) {
  AssembleRequest request;
  request.architecture = locked.lock.architecture;
  request.scripts = locked.recipe.scripts;
  for (const Built& parent : parents)
    request.parents.push_back(parent.assembled);
  request.packages = std::move(packages);
  request.debconf = locked.recipe.debconf;
  request.users = locked.recipe.users;
  request.paths = locked.recipe.paths;
  return request;
}

/// The recipe's own layers: packages by the lock's plan, then the state, then its files.
std::vector<Layer> make_layers(const LockedRecipe& locked, const AssembledRecipe& assembled,
                               const std::vector<Built>& parents, Workshop& workshop) {
  SegmentStore segments(workshop.store);
  std::map<unsigned, std::vector<Segment>> planned;
  for (const StagedPackage& package : assembled.packages) {
    auto masked = assembled.state.masked.find(package.locked.name);
    bool whole = masked == assembled.state.masked.end();
    planned[package.locked.layer].push_back(whole ? package.segment
                                                  : segments.without(package.segment, masked->second));
  }
  std::vector<const std::vector<Segment>*> plan;
  for (const auto& [number, packages] : planned)
    plan.push_back(&packages);

  Compression compression = locked.recipe.layers.compression;
  std::vector<Layer> layers(plan.size() + 1);
  parallel_for(layers.size(), workshop.jobs, [&](std::size_t i) {
    layers[i] = i < plan.size() ? make_package_layer(workshop.store, segments, *plan[i], compression)
                                : make_tar_layer(workshop.store, assembled.state.tar, compression,
                                                 "state after configuration");
  });
  if (!locked.recipe.files.empty()) {
    std::vector<AssembledRecipe> below;
    for (const Built& parent : parents)
      below.push_back(parent.assembled);
    below.push_back(assembled);
    layers.push_back(make_own_files_layer(locked.recipe, below, workshop.store));
  }
  return layers;
}

Digest write_image(const LockedRecipe& locked, const Built& built, ImageLayout& layout, Workshop& workshop) {
  workshop.reporter.stage(locked.recipe.name, "writing the image");
  ImageSpec spec;
  spec.name = locked.recipe.name;
  spec.architecture = locked.lock.architecture;
  spec.options = locked.recipe.image;
  spec.layers = built.layers;
  spec.created = built.assembled.state.newest_mtime;
  return layout.add_image(spec, workshop.store);
}

VersionRecord make_record(const std::vector<LockedRecipe>& chain, std::size_t index) {
  VersionRecord record;
  for (std::size_t i = 0; i <= index; ++i) {
    record.locks.push_back(chain[i].lock);
    const std::vector<std::string>& include = chain[i].recipe.packages.include;
    record.requested.insert(record.requested.end(), include.begin(), include.end());
  }
  record.tests = chain[index].recipe.tests;
  record.limits = chain[index].recipe.limits;
  return record;
}

/// Runs the tests and, when they pass, gives the image its version. A digest which passed the very same tests
/// before is not tested again.
void test_and_publish(const LockedRecipe& locked, const VersionRecord& record, const BuildOptions& options,
                      ImageLayout& layout, BuiltImage& image, Workshop& workshop) {
  if (options.run_tests) {
    workshop.reporter.stage(image.name, fmt::format("running {} smoke tests", record.tests.size()));
    image.tests =
        run_smoke_tests(layout, image.manifest, record.tests, record.limits, workshop.worker_program,
                        [&](std::string_view text) { workshop.reporter.detail(text); });
    image.tested = true;
    if (!image.tests.passed())
      return;
  }
  write_record(layout, image.manifest, record);
  image.version = layout.add_version(image.manifest, locked.recipe.version, options.reason,
                                     lock_digest(locked.lock), true);
}

}  // namespace

std::vector<BuiltImage> build_chain(const RecipeChain& chain, const BuildOptions& options,
                                    Workshop& workshop) {
  std::vector<LockedRecipe> locked = lock_chain(chain, options.lock, workshop);
  // From here on there is neither network choice nor index: every stage is a function of the locks and the
  // store.
  std::vector<Built> built;
  std::vector<BuiltImage> images;
  std::size_t packages = 0;
  for (std::size_t i = 0; i < locked.size(); ++i) {
    const LockedRecipe& recipe = locked[i];
    std::vector<StagedPackage> staged = fetch_packages(recipe, workshop);
    packages += staged.size();

    workshop.reporter.stage(recipe.recipe.name, "assembling the root filesystem");
    AssembleRequest request = assemble_request(recipe, built, std::move(staged));
    AssembledState state = assemble(request, workshop.store, workshop.worker_program,
                                    [&](std::string_view text) { workshop.reporter.detail(text); });
    for (const std::string& note : state.notes)
      workshop.reporter.note(recipe.recipe.name, note);

    workshop.reporter.stage(recipe.recipe.name, "packing layers");
    Built result{{std::move(request.packages), std::move(state)}, {}};
    std::size_t inherited = built.empty() ? 0 : built.back().layers.size();
    if (!built.empty())
      result.layers = built.back().layers;
    for (Layer& layer : make_layers(recipe, result.assembled, built, workshop))
      result.layers.push_back(std::move(layer));

    ImageLayout layout(workshop.images, recipe.recipe.name);
    BuiltImage image;
    image.name = recipe.recipe.name;
    image.recipe_file = recipe.recipe.file.string();
    image.manifest = write_image(recipe, result, layout, workshop);
    image.layers = result.layers;
    image.inherited_layers = inherited;
    image.packages = packages;
    image.lock_written = recipe.written;
    image.lock_changes = recipe.changes;
    image.notes = result.assembled.state.notes;
    test_and_publish(recipe, make_record(locked, i), options, layout, image, workshop);
    images.push_back(std::move(image));
    if (!images.back().version)
      break;
    built.push_back(std::move(result));
  }
  return images;
}

}  // namespace bootstrap
