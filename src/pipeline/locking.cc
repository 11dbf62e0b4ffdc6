#include "pipeline/locking.h"

#include <fmt/format.h>

#include <memory>
#include <variant>

#include "base/architecture.h"
#include "base/error.h"
#include "lock/layer_plan.h"
#include "repo/repo_index.h"
#include "resolve/resolve.h"
#include "resolve/unused_names.h"
#include "sandbox/foreign_programs.h"

namespace bootstrap {

namespace {

std::optional<LockedParent> parent_of(const std::vector<LockedRecipe>& done) {
  if (done.empty())
    return std::nullopt;
  return LockedParent{done.back().lock.name, lock_digest(done.back().lock)};
}

/// Why a lock cannot be used for the recipe as it is now; empty when it can.
std::string misfit(const std::optional<Lockfile>& lock, const Recipe& recipe,
                   const std::optional<LockedParent>& parent) {
  if (!lock)
    return "there is no lock";
  if (lock->name != recipe.name)
    return "the recipe's name changed";
  if (lock->architecture != build_architecture(recipe))
    return "the architecture changed";
  if (lock->recipe != recipe_digest(recipe))
    return "the recipe changed";
  if (lock->parent != parent)
    return "the parent's lock changed";
  return {};
}

std::vector<KnownRelease> known_releases(const std::optional<Lockfile>& lock) {
  std::vector<KnownRelease> known;
  if (lock) {
    for (const LockedRepository& repository : lock->repositories) {
      known.push_back({repository.archive, repository.suite, repository.date});
    }
  }
  return known;
}

}  // namespace

/// Loads the indexes of a recipe unless the recipe before it has the very same repositories. One at a time:
/// an index of Debian takes some fifty megabytes.
class Locker::Indexes {
 public:
  const Catalogue& load(const Recipe& recipe, const std::optional<Lockfile>& lock, Workshop& workshop) {
    Json key = normalised_repositories(recipe);
    // What the lock knows is part of the key: each lock must be held against the releases.
    for (const KnownRelease& known : known_releases(lock))
      key.push_back({known.archive, known.suite, known.date});
    // An archive of the same name may be another one for a recipe of another folder.
    for (const Repository& repository : recipe.repositories)
      key.push_back(workshop.mirrors.urls_for(repository, recipe.file.parent_path()));
    if (!catalogue_ || key != key_) {
      workshop.reporter.stage(recipe.name, "reading package indexes");
      Trace::Span span(workshop.trace, "load indexes");
      LoadOptions options;
      options.architecture = build_architecture(recipe);
      options.known = known_releases(lock);
      options.progress = [&](const FetchProgress& progress) { workshop.reporter.download(progress); };
      catalogue_.reset();
      index_ = load_repositories(recipe, workshop.mirrors, workshop.fetcher, workshop.verifier,
                                 workshop.store, options);
      catalogue_.emplace(index_);
      key_ = std::move(key);
    }
    return *catalogue_;
  }

 private:
  Json key_;
  RepoIndex index_;
  std::optional<Catalogue> catalogue_;
};

namespace {

Lockfile make_fresh_lock(const Recipe& recipe, const std::vector<LockedRecipe>& parents,
                         const std::optional<Lockfile>& previous, LockPolicy policy,
                         const Catalogue& catalogue, Workshop& workshop) {
  workshop.reporter.stage(recipe.name, "resolving");
  Trace::Span span(workshop.trace, "resolve " + recipe.name);
  ResolveRequest request;
  request.architecture = build_architecture(recipe);
  request.packages = recipe.packages;
  for (const LockedRecipe& parent : parents) {
    request.installed.insert(request.installed.end(), parent.lock.packages.begin(),
                             parent.lock.packages.end());
  }
  if (previous && policy == LockPolicy::kKeep)
    request.preferred = previous->packages;
  for (const std::string& note :
       unused_names(recipe, catalogue, previous ? previous->packages : std::vector<LockedPackage>{}))
    workshop.reporter.note(recipe.name, note);
  auto result = resolve(catalogue, request);
  if (auto* unsolvable = std::get_if<Unsolvable>(&result)) {
    throw Error(ErrorKind::kUnsolvable,
                fmt::format("{}: no set of packages fits the recipe\n{}", recipe.file.filename().string(),
                            unsolvable->text()),
                "change `packages:` or the repositories it chooses from");
  }
  Lockfile lock = make_lock(recipe, request.architecture, catalogue.index(), std::get<Solution>(result),
                            parent_of(parents));
  plan_layers(lock, previous, recipe.layers.max);
  return lock;
}

}  // namespace

std::string build_architecture(const Recipe& recipe) {
  std::string native = native_architecture();
  if (recipe.architectures.size() > 1) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: a recipe is built for one architecture", recipe.file.filename().string()),
                "give each architecture a recipe of its own");
  }
  std::string architecture = recipe.architectures.empty() ? native : recipe.architectures.front();
  if (!runs_natively(architecture, native) && recipe.scripts == ScriptMode::kRun &&
      !find_emulator(architecture)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: this machine is {}, so maintainer scripts of {} packages cannot run here",
                            recipe.file.filename().string(), native, architecture),
                "apt install qemu-user-static, or use `scripts: skip`");
  }
  return architecture;
}

Locker::Locker(LockPolicy policy, Workshop& workshop)
    : policy_(policy), workshop_(workshop), indexes_(std::make_unique<Indexes>()) {}
Locker::~Locker() = default;

std::vector<LockedRecipe> Locker::lock(const RecipeChain& chain,
                                       const std::function<void()>& before_choosing) {
  std::vector<LockedRecipe> locked;
  for (const Recipe& recipe : chain) {
    auto known = done_.find(recipe.file);
    if (known == done_.end())
      known = done_.emplace(recipe.file, lock(recipe, locked, before_choosing)).first;
    locked.push_back(known->second);
  }
  return locked;
}

LockedRecipe Locker::lock(const Recipe& recipe, const std::vector<LockedRecipe>& parents,
                          const std::function<void()>& before_choosing) {
  std::filesystem::path file = lock_path(recipe.file);
  std::optional<Lockfile> previous = read_lock(file);
  std::string reason = misfit(previous, recipe, parent_of(parents));
  if (reason.empty() && policy_ != LockPolicy::kFresh)
    return {recipe, *previous, false, {}};
  if (policy_ == LockPolicy::kLocked) {
    throw Error(ErrorKind::kUsage, fmt::format("{}: {}", file.filename().string(), reason),
                fmt::format("run `bootstrap lock {}` and commit the result, or leave --locked out",
                            recipe.file.filename().string()));
  }
  if (before_choosing)
    before_choosing();
  const Catalogue& catalogue = indexes_->load(recipe, previous, workshop_);
  Lockfile lock = make_fresh_lock(recipe, parents, previous, policy_, catalogue, workshop_);
  bool changed = !previous || *previous != lock;
  if (changed)
    write_lock(file, lock);
  std::vector<LockChange> changes = previous ? compare(*previous, lock) : std::vector<LockChange>{};
  return {recipe, std::move(lock), changed, std::move(changes)};
}

}  // namespace bootstrap
