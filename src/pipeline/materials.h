// The packages that a run needs, for all of its recipes: each is fetched, verified and imported as a segment
// once, while others still download and what is complete is already being assembled.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/task_graph.h"
#include "package/segment.h"
#include "pipeline/locking.h"
#include "pipeline/workshop.h"
#include "rootfs/assemble.h"

namespace bootstrap {

/// A locked package as a download from the mirrors of the recipe's repositories. Throws kUsage when the
/// recipe does not name its archive.
Download download_of(const LockedPackage& package, const Recipe& recipe, const MirrorMap& mirrors);

/// The form in which a recipe's packages are imported.
SegmentForm form_of(const Recipe& recipe);

class Materials {
 public:
  Materials(Workshop& workshop, TaskGraph& graph)
      : workshop_(workshop), graph_(graph), segments_(workshop.store) {}
  /// Drops what only this run has a use for.
  ~Materials();
  Materials(const Materials&) = delete;
  Materials& operator=(const Materials&) = delete;

  /// The tasks that bring a package into the store, for what is not there yet.
  struct Tasks {
    std::optional<TaskGraph::Id> unpacked;  ///< it can be assembled
    std::optional<TaskGraph::Id> packed;    ///< it can be put into a layer
  };
  /// Adds the tasks for a recipe's packages, of these ranks. In the order of the lock.
  std::vector<Tasks> require(const LockedRecipe& recipe, int unpack_rank, int pack_rank);

  /// Downloads what is missing, recipe by recipe in the order of require(). For a thread of its own while the
  /// graph runs; failures become those of the packages' tasks.
  void fetch();

  /// The recipe's packages, in the lock's order, once they are unpacked, or packed.
  std::vector<StagedPackage> packages(const LockedRecipe& recipe) const;
  std::vector<std::shared_ptr<const Segment>> packed(const LockedRecipe& recipe) const;
  /// Those at `positions` of the lock alone: others may be packed just now.
  std::vector<std::shared_ptr<const Segment>> packed(const LockedRecipe& recipe,
                                                     const std::vector<std::size_t>& positions) const;

 private:
  /// Package, compression and path filter: recipes that leave out other files have other segments.
  using Key = std::tuple<Digest, Compression, std::string>;
  static Key key_of(const LockedPackage& package, const SegmentForm& form);
  struct Material {
    std::shared_ptr<const Segment> unpacked;
    std::shared_ptr<const Segment> packed;
    Tasks tasks;
  };
  /// The downloads of one recipe and the events that wait for them.
  struct Batch {
    std::string recipe;
    std::vector<Download> downloads;
    std::vector<TaskGraph::Id> events;
  };

  void add_tasks(Material& material, const LockedPackage& package, const SegmentForm& form,
                 TaskGraph::Id downloaded, int unpack_rank, int pack_rank);
  void require_space() const;
  void fetch(const Batch& batch);
  void fail(const Batch& batch) const;

  Workshop& workshop_;
  TaskGraph& graph_;
  SegmentStore segments_;
  std::map<Key, Material> materials_;  ///< filled by require(); tasks write to the segments of their own
  std::deque<Batch> batches_;
};

}  // namespace bootstrap
