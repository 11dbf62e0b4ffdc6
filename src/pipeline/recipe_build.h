// One recipe of a run on its way from lock to version, and the stages of that way.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/build.h"
#include "pipeline/record.h"
#include "rootfs/assemble.h"
#include "rootfs/repeat.h"

namespace bootstrap {

class RecipeBuild {
 public:
  /// `parent` is that of the recipe it extends, or null, and must outlive this.
  RecipeBuild(std::vector<LockedRecipe> chain, RecipeBuild* parent, const BuildOptions& options,
              Workshop& workshop);

  const LockedRecipe& locked() const { return chain_.back(); }

  /// Whether the image of this very lock is there, made by an earlier run; then only publish() is left to do.
  bool find_image();
  /// Whether its scripts are to run a second time, for all that is known before anything is assembled.
  bool needs_repetition() const;

  // The stages in order; each needs the one before it, and that of the parent.
  /// Takes the packages, compressed or not, and makes (or finds) the configured state.
  void assemble(std::vector<StagedPackage> packages);
  /// Runs the scripts a second time, beside assemble(), unless it is known what comes of that.
  void repeat(std::vector<StagedPackage> packages);
  /// The package layers that the lock plans, each as its packages' positions in the lock.
  std::vector<std::vector<std::size_t>> planned_layers() const;
  /// Packs a package layer before it is known whether scripts change any of its files, which is rare; the
  /// store keeps it for write_image(). Needs only the packages.
  void pack_early(const std::vector<std::shared_ptr<const Segment>>& packages) const;
  void write_image(const std::vector<std::shared_ptr<const Segment>>& packed);
  /// Runs the tests and, when they pass, gives the image its version. Leaves image().version empty when not.
  void publish();

  const BuiltImage& image() const { return image_; }

 private:
  std::vector<AssembledRecipe> ancestors() const;
  AssembleRequest request(std::vector<StagedPackage> packages) const;
  std::vector<Layer> own_layers(const std::vector<std::shared_ptr<const Segment>>& packed) const;
  bool take_existing(const ImageLayout& layout);
  VersionRecord record(const ImageLayout& layout) const;
  void keep_how_it_was_made(const ImageLayout& layout, VersionRecord& record) const;
  std::string reason(const ImageLayout& layout) const;
  void test(const VersionRecord& record);
  void test_repetition();
  std::string image_key() const;

  std::vector<LockedRecipe> chain_;
  RecipeBuild* parent_;
  const BuildOptions& options_;
  Workshop& workshop_;
  AssembledRecipe assembled_;
  std::string state_;  ///< its key, once it is known
  std::optional<RepeatedState> repeated_;
  std::optional<Error> not_repeated_;  ///< why that failed
  BuiltImage image_;
  std::optional<Profile> profile_;  ///< that the recipe pins
};

}  // namespace bootstrap
