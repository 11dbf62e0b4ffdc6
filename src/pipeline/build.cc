#include "pipeline/build.h"

#include <fmt/format.h>

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "pipeline/materials.h"
#include "pipeline/recipe_build.h"
#include "pipeline/required_box.h"

namespace bootstrap {

namespace {

// What is taken first when several tasks are ready: the chain of assemblies is what a run waits for, layers
// are packed beside it.
enum Rank : int { kAssemble, kUnpack, kRepeat, kPublish, kCompress, kPack };

/// Lets the tasks of a run report one at a time.
class SerialReporter : public Reporter {
 public:
  explicit SerialReporter(Reporter& reporter) : reporter_(reporter) {}

  void stage(std::string_view subject, std::string_view what) override {
    std::lock_guard guard(mutex_);
    reporter_.stage(subject, what);
  }
  void detail(std::string_view text) override {
    std::lock_guard guard(mutex_);
    reporter_.detail(text);
  }
  void download(const FetchProgress& progress) override {
    std::lock_guard guard(mutex_);
    reporter_.download(progress);
  }
  void note(std::string_view subject, std::string_view text) override {
    std::lock_guard guard(mutex_);
    reporter_.note(subject, text);
  }

 private:
  Reporter& reporter_;
  std::mutex mutex_;
};

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorKind::kFailure, error.what());
  }
}

/// All recipes of a run and the tasks that build them.
class Run {
 public:
  Run(const BuildOptions& options, Workshop& workshop)
      : options_(options),
        reporter_(workshop.reporter),
        workshop_{workshop.store, workshop.mirrors,     workshop.fetcher, workshop.verifier,
                  reporter_,      workshop.trace,       workshop.images,  workshop.worker_program,
                  workshop.jobs,  workshop.accelerators},
        box_(workshop.worker_program),
        materials_(workshop_, graph_) {}

  BuildResult build(const std::vector<RecipeChain>& chains) {
    lock(chains);
    return build();
  }

  BuildResult build_locked(const std::vector<std::vector<LockedRecipe>>& chains) {
    for (const std::vector<LockedRecipe>& chain : chains)
      add_items(chain);
    return build();
  }

 private:
  BuildResult build() {
    // From here on there is neither network choice nor index: every stage is a function of the locks and the
    // store.
    for (Item& item : items_)
      item.image_is_there = item.build.find_image();
    mark_needed();
    for (Item& item : items_)
      stop_without_box(item);
    for (Item& item : items_)
      add_tasks(item);
    std::jthread fetching([this] { materials_.fetch(); });
    graph_.run(workshop_.jobs);
    return result();
  }

  struct Item {
    RecipeBuild build;
    Item* parent;
    bool image_is_there = false;
    bool assembly_is_needed = false;
    std::optional<Error> stopped;  ///< why it cannot be built, known before anything is fetched
    std::optional<TaskGraph::Id> assembled;
    std::optional<TaskGraph::Id> repeated;
    std::optional<TaskGraph::Id> written;
    TaskGraph::Id published = 0;
  };

  void lock(const std::vector<RecipeChain>& chains) {
    Locker locker(options_.lock, workshop_);
    for (const RecipeChain& chain : chains) {
      try {
        add_items(locker.lock(chain, [&] {
          for (const Recipe& recipe : chain)
            box_.require(recipe, options_.run_tests);
        }));
      } catch (const Error& error) {
        result_.failures.push_back({chain.back().file.string(), error});
      }
    }
  }

  void add_items(const std::vector<LockedRecipe>& chain) {
    Item* parent = nullptr;
    for (auto last = chain.begin(); last != chain.end(); ++last) {
      Item*& item = by_file_[last->recipe.file];
      if (item == nullptr) {
        check_name_is_free(last->recipe);
        items_.push_back({RecipeBuild({chain.begin(), std::next(last)},
                                      parent == nullptr ? nullptr : &parent->build, options_, workshop_),
                          parent,
                          false,
                          false,
                          {},
                          {},
                          {},
                          {},
                          0});
        item = &items_.back();
      }
      parent = item;
    }
  }

  void check_name_is_free(const Recipe& recipe) const {
    for (const Item& other : items_) {
      if (other.build.locked().recipe.name == recipe.name)
        throw Error(ErrorKind::kUsage,
                    fmt::format("{} and {} both make an image named {}",
                                other.build.locked().recipe.file.string(), recipe.file.string(), recipe.name),
                    "give one of them another `name:`");
    }
  }

  /// An image that is there needs no assembly, unless a child is built on it, or its scripts have to run
  /// again.
  void mark_needed() {
    for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
      item->assembly_is_needed =
          item->assembly_is_needed || !item->image_is_there || item->build.needs_repetition();
      if (item->assembly_is_needed && item->parent != nullptr)
        item->parent->assembly_is_needed = true;
    }
  }

  void stop_without_box(Item& item) {
    if (item.parent != nullptr)
      item.stopped = item.parent->stopped;
    if (item.stopped || !item.assembly_is_needed)
      return;
    try {
      box_.require(item.build.locked().recipe, options_.run_tests && !item.image_is_there);
    } catch (const Error& error) {
      item.stopped = error;
    }
  }

  void add_tasks(Item& item) {
    if (item.stopped) {
      item.published = graph_.add({}, kPublish, [&item] { throw Error(*item.stopped); });
      return;
    }
    if (item.assembly_is_needed)
      add_assembly(item);
    std::vector<TaskGraph::Id> before;
    for (const auto& task : {item.assembled, item.repeated, item.written})
      if (task)
        before.push_back(*task);
    if (item.parent != nullptr)
      before.push_back(item.parent->published);
    item.published = graph_.add(std::move(before), kPublish, [&item] {
      if (item.parent != nullptr && !item.parent->build.image().version) {
        throw Error(ErrorKind::kTestFailed,
                    fmt::format("{} is not built: {}, which it extends, failed its tests",
                                item.build.image().name, item.parent->build.image().name));
      }
      item.build.publish();
    });
  }

  void add_assembly(Item& item) {
    const auto packages = materials_.require(item.build.locked(), kUnpack, kCompress);
    std::vector<TaskGraph::Id> before;
    for (const Materials::Tasks& tasks : packages)
      if (tasks.unpacked)
        before.push_back(*tasks.unpacked);
    if (item.parent != nullptr)
      before.push_back(*item.parent->assembled);
    if (item.build.needs_repetition())
      item.repeated = graph_.add(
          before, kRepeat, [this, &item] { item.build.repeat(materials_.packages(item.build.locked())); });
    item.assembled = graph_.add(std::move(before), kAssemble, [this, &item] {
      item.build.assemble(materials_.packages(item.build.locked()));
      for (const std::string& note : item.build.image().notes)
        workshop_.reporter.note(item.build.image().name, note);
      for (const std::string& missing : item.build.image().degraded)
        workshop_.reporter.note(item.build.image().name, "the sandbox was weaker here: " + missing);
    });
    if (!item.image_is_there)
      add_image(item, packages);
  }

  void add_image(Item& item, const std::vector<Materials::Tasks>& packages) {
    std::vector<TaskGraph::Id> before{*item.assembled};
    if (item.parent != nullptr && item.parent->written)
      before.push_back(*item.parent->written);
    for (std::vector<std::size_t>& positions : item.build.planned_layers()) {
      std::vector<TaskGraph::Id> compressed;
      for (std::size_t i : positions)
        if (packages[i].packed)
          compressed.push_back(*packages[i].packed);
      before.push_back(graph_.add(std::move(compressed), kPack, [this, &item, positions] {
        item.build.pack_early(materials_.packed(item.build.locked(), positions));
      }));
    }
    item.written = graph_.add(std::move(before), kPublish, [this, &item] {
      item.build.write_image(materials_.packed(item.build.locked()));
    });
  }

  BuildResult result() {
    for (Item& item : items_) {
      if (const auto failure = graph_.failure(item.published))
        result_.failures.push_back({item.build.image().recipe_file, as_error(failure)});
      else
        result_.images.push_back(item.build.image());
    }
    return std::move(result_);
  }

  const BuildOptions& options_;
  SerialReporter reporter_;
  Workshop workshop_;
  RequiredBox box_;
  TaskGraph graph_;
  Materials materials_;
  std::deque<Item> items_;  ///< parents before children
  std::map<std::filesystem::path, Item*> by_file_;
  BuildResult result_;
};

}  // namespace

BuildResult build_recipes(const std::vector<RecipeChain>& chains, const BuildOptions& options,
                          Workshop& workshop) {
  return Run(options, workshop).build(chains);
}

BuildResult build_locked(const std::vector<std::vector<LockedRecipe>>& chains, const BuildOptions& options,
                         Workshop& workshop) {
  return Run(options, workshop).build_locked(chains);
}

}  // namespace bootstrap
