#include "update/update.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "pipeline/build.h"
#include "update/evidence.h"

namespace bootstrap {

namespace {

/// Recipes with the locks they are built from, root ancestor first.
using LockedChain = std::vector<LockedRecipe>;

std::vector<Lockfile> locks_of(const LockedChain& chain) {
  std::vector<Lockfile> locks;
  for (const LockedRecipe& recipe : chain)
    locks.push_back(recipe.lock);
  return locks;
}

std::optional<ImageVersion> latest_of(const ImageLayout& layout) {
  for (const ImageVersion& version : layout.versions()) {
    if (version.latest)
      return version;
  }
  return std::nullopt;
}

/// A recipe of the night on its way: planned, built, settled.
struct Task {
  const NightRecipe* recipe = nullptr;
  Pending pending;
  LockedChain chain;  ///< with the locks as they are to be; empty: there is no plan
  UpdateResult result;
};

class Updater {
 public:
  Updater(Night& night, Workshop& workshop) : night_(night), workshop_(workshop) {
    for (const NightRecipe& recipe : night.recipes()) {
      Task& task = tasks_.emplace_back();
      task.recipe = &recipe;
      task.result.name = recipe.recipe().name;
      task.result.recipe = recipe.recipe().file;
      task.result.max_age = recipe.recipe().update.max_age;
      try {
        task.result.before = latest_of(layout_of(task));
      } catch (const Error& error) {
        fail(task, error);
      }
    }
  }

  std::vector<UpdateResult> run() {
    for (Task& task : tasks_)
      if (!task.result.error)
        plan(task);
    build();
    // What an index listed may be gone: the archive moved on meanwhile. Then its new state is what counts.
    bool may_have_moved = std::any_of(tasks_.begin(), tasks_.end(), [](const Task& task) {
      return task.result.error && (task.result.error->kind() == ErrorKind::kNetwork ||
                                   task.result.error->kind() == ErrorKind::kUntrusted);
    });
    if (may_have_moved && night_.ask_again()) {
      for (Task& task : tasks_) {
        if (task.result.error) {
          task.result.error.reset();
          task.result.state = UpdateResult::State::kUnchanged;
          plan(task);
        }
      }
      build();
    }
    std::vector<UpdateResult> results;
    for (Task& task : tasks_) {
      try {
        find_fixes(task.result.moves, task.recipe->recipe(), workshop_);
      } catch (const Error& error) {
        workshop_.reporter.note(task.result.name, "what its moves fix is not known: " + error.message());
      }
      results.push_back(std::move(task.result));
    }
    return results;
  }

 private:
  ImageLayout layout_of(const Task& task) const {
    return ImageLayout(workshop_.images, task.recipe->recipe().name);
  }

  static void fail(Task& task, const Error& error) {
    task.result.state = UpdateResult::State::kFailed;
    task.result.error = error;
  }

  void plan(Task& task) {
    try {
      task.chain = parents_of(*task.recipe);
      task.pending = night_.plan(*task.recipe, locks_of(task.chain));
      task.chain.push_back({task.recipe->recipe(), task.pending.lock, false, {}});
      task.result.moves = task.pending.moves;
    } catch (const Error& error) {
      task.chain.clear();
      fail(task, error);
    }
  }

  LockedChain parents_of(const NightRecipe& recipe) const {
    if (recipe.chain.size() == 1)
      return {};
    const Recipe& parent = recipe.chain[recipe.chain.size() - 2];
    for (const Task& task : tasks_) {
      if (task.result.recipe == parent.file && !task.chain.empty())
        return task.chain;
    }
    throw Error(ErrorKind::kFailure,
                recipe.recipe().name + " is not updated: " + parent.name + ", which it extends, cannot be",
                "see what is said about " + parent.name);
  }

  bool is_pending(const Task& task) const {
    bool settled = task.result.version.has_value() || task.result.error.has_value();
    return !settled && (task.pending.lock_moves || !is_built(layout_of(task), task.pending.lock));
  }

  /// All that is pending in one go, so that nothing is made twice and what can runs side by side.
  void build() {
    std::vector<LockedChain> chains;
    for (const Task& task : tasks_) {
      if (is_pending(task))
        chains.push_back(task.chain);
    }
    if (chains.empty())
      return;
    BuildOptions options;
    options.reason = "update";
    options.keep_rejected = true;
    const BuildResult built = build_locked(chains, options, workshop_);
    for (Task& task : tasks_) {
      for (const RecipeFailure& failure : built.failures) {
        if (failure.recipe_file == task.result.recipe)
          fail(task, failure.error);
      }
      for (const BuiltImage& image : built.images) {
        if (image.recipe_file == task.result.recipe && is_pending(task))
          try_to_settle(image, task);
      }
    }
  }

  void try_to_settle(const BuiltImage& image, Task& task) {
    try {
      settle(image, task);
    } catch (const Error& error) {
      fail(task, error);
    }
  }

  /// Evidence first, then the lock: what is found missing after a kill is made by the next run.
  void settle(const BuiltImage& image, Task& task) {
    UpdateResult& result = task.result;
    ImageLayout layout = layout_of(task);
    result.tests = image.tests;
    result.version = image.version ? image.version : image.rejected;
    ensure_evidence(layout, *result.version, &image.tests, task.recipe->recipe(), workshop_);
    if (!image.version) {
      result.state = UpdateResult::State::kRejected;
      return;
    }
    // An earlier version is what the lock has moved to: that is news, too.
    if (task.pending.lock_moves && !result.version->latest)
      result.version = layout.make_latest(result.version->version);
    bool is_new =
        result.version->latest && (!result.before || result.before->manifest != result.version->manifest);
    result.state = is_new ? UpdateResult::State::kUpdated : UpdateResult::State::kUnchanged;
    if (task.pending.lock_moves)
      write_lock(lock_path(result.recipe), task.pending.lock);
    workshop_.store.put(Store::Area::kReport, built_key(task.pending.lock), image.manifest.hex());
  }

  static std::string built_key(const Lockfile& lock) { return "built-" + lock_digest(lock).hex(); }

  /// Whether a version was made of this lock, or of another with the very same result.
  bool is_built(const ImageLayout& layout, const Lockfile& lock) const {
    auto manifest = workshop_.store.get(Store::Area::kReport, built_key(lock));
    for (const ImageVersion& version : layout.versions()) {
      if (!version.rejected &&
          (version.lock == lock_digest(lock).oci() || version.manifest.hex() == manifest))
        return true;
    }
    return false;
  }

  Night& night_;
  Workshop& workshop_;
  std::vector<Task> tasks_;
};

}  // namespace

std::string_view name_of(UpdateResult::State state) {
  switch (state) {
    case UpdateResult::State::kUnchanged:
      return "unchanged";
    case UpdateResult::State::kUpdated:
      return "updated";
    case UpdateResult::State::kRejected:
      return "rejected";
    case UpdateResult::State::kFailed:
      return "failed";
  }
  return "unknown";
}

std::vector<UpdateResult> update_images(Night& night, Workshop& workshop) {
  return Updater(night, workshop).run();
}

UpdateLock::UpdateLock(const std::filesystem::path& images, const std::function<void()>& waiting) {
  make_directories(images);
  const std::filesystem::path file = images / ".update-lock";
  fd_ = open_file(file, O_RDWR | O_CREAT, 0644);
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0)
    return;
  waiting();
  while (::flock(fd_.get(), LOCK_EX) < 0) {
    if (errno != EINTR)
      throw_errno("cannot lock " + file.string());
  }
}

}  // namespace bootstrap
