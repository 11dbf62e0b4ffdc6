#include "rootfs/assemble_tree.h"

#include <unistd.h>

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "rootfs/accounts.h"
#include "rootfs/layer_view.h"
#include "rootfs/listing.h"
#include "rootfs/normalise.h"
#include "rootfs/skeleton.h"
#include "rootfs/state.h"
#include "rootfs/state_tar.h"
#include "rootfs/tree_builder.h"

namespace bootstrap {

namespace {

/// The packages of a plan with their metadata, at stable addresses.
class Packages {
 public:
  explicit Packages(int store) : store_(store) {}

  std::vector<StagedSegment> load(const std::vector<PlannedPackage>& planned) {
    std::vector<StagedSegment> loaded;
    for (const auto& package : planned) {
      segments_.push_back(load_segment(store_, package.segment));
      segments_.back().raw = package.raw;
      loaded.push_back({&segments_.back(), package.stage});
    }
    return loaded;
  }
  SegmentReader reader() const {
    return [store = store_](const Segment& segment, const ByteSink& sink) {
      read_segment(store, segment, sink);
    };
  }

 private:
  int store_;
  std::deque<Segment> segments_;
};

void add_users(const Tree& tree, const std::vector<UserAccount>& users, std::int64_t day) {
  if (users.empty())
    return;
  const auto text = [&](const char* path) { return tree.read(path).value_or(""); };
  AccountFiles files{text("etc/passwd"), text("etc/group"), text("etc/shadow"), text("etc/gshadow")};
  add_users(files, users, day);
  tree.write("etc/passwd", files.passwd);
  tree.write("etc/group", files.group);
  tree.write("etc/shadow", files.shadow, 0640);
  tree.write("etc/gshadow", files.gshadow, 0640);
}

void add_devices(std::vector<Entry>& entries, std::int64_t mtime) {
  const auto devices = device_nodes(mtime);
  entries.insert(entries.end(), devices.begin(), devices.end());
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
}

void write_entries(const Tree& tree, const std::vector<Entry>& entries, int fd) {
  StateTarWriter writer(fd);
  std::string buffer(256 * 1024, '\0');
  for (const Entry& entry : entries) {
    writer.add(entry);
    if (entry.type != EntryType::kFile || entry.size == 0)
      continue;
    const UniqueFd file = open_beneath(tree.root(), entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    for (;;) {
      const auto size = check(::read(file.get(), buffer.data(), buffer.size()), entry.path);
      if (size == 0)
        break;
      writer.write(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
    }
  }
  writer.finish();
}

/// What the tree was made of, bottom up.
class Assembly {
 public:
  Assembly(const AssemblePlan& plan, int store, const Tree& tree, Sandbox& sandbox,
           const std::function<void(std::string_view)>& progress, Trace& trace)
      : plan_(plan),
        store_(store),
        tree_(tree),
        sandbox_(sandbox),
        trace_(trace),
        packages_(store),
        unpacker_(tree, packages_.reader()),
        builder_(tree, unpacker_, plan.debconf, progress, trace) {}

  /// The tree as the parents and the recipe's own earlier steps left it.
  void restore() {
    Trace::Span span(trace_, "restore");
    if (plan_.parents.empty() && !plan_.done)
      make_skeleton(tree_, plan_.architecture);
    for (const auto& parent : plan_.parents) {
      for (const Segment* package : restore(parent)) {
        static const std::set<std::string> kNone;
        const auto masked = parent.masked.find(package->name);
        parents_view_.add_package(*package, masked == parent.masked.end() ? kNone : masked->second);
        inherited_.push_back(package);
      }
      parents_view_.add_state(states_.back());
    }
    if (plan_.done) {
      own_ = restore(*plan_.done);
      builder_.assume_selections_are_set();
    }
  }

  AssembledTree take(const PlannedStep& step, bool is_last, int output) {
    build(step);
    if (is_last) {
      builder_.finish();
      add_users(tree_, plan_.users, shadow_day(step.newest_mtime));
    }
    normalise_files(tree_, step.newest_mtime);
    return write_state(step, is_last, output);
  }

 private:
  std::vector<const Segment*> restore(const PlannedParent& done) {
    std::vector<const Segment*> packages;
    for (const auto& package : packages_.load(done.packages))
      packages.push_back(package.segment);
    unpacker_.restore(packages, done.masked);
    const UniqueFd state = open_beneath(store_, done.state, O_RDONLY);
    states_.push_back(restore_state(tree_, state.get()));
    for (const Entry& entry : states_.back())
      unpacker_.note_written(entry);
    for (const Segment* package : packages)
      builder_.add_configured(*package);
    return packages;
  }

  void build(const PlannedStep& step) {
    const auto own = packages_.load(step.packages);
    for (const auto& package : own)
      own_.push_back(package.segment);
    link_merged_directories(tree_, own_);
    if (own.empty() && plan_.debconf.empty())
      return;
    ScriptRunner scripts(tree_, sandbox_,
                         {step.newest_mtime, plan_.hostname, dpkg_version(),
                          plan_.repeated ? ErrorKind::kTestFailed : ErrorKind::kFailure});
    builder_.build(own, scripts, !inherited_.empty());
    scripts.finish();
    times_ = scripts.times();
  }

  AssembledTree write_state(const PlannedStep& step, bool is_last, int output) {
    Trace::Span span(trace_, "write state");
    Listing listing = list_tree(tree_, unpacker_.written());
    LayerView layers = parents_view_;
    for (const Segment* package : own_)
      layers.add_package(*package, {});
    const StateRuleBook rules(plan_.state);
    auto notes = empty_files(tree_, listing, layers, rules);
    if (!notes.empty())
      listing = list_tree(tree_, unpacker_.written());
    auto leftovers = drop_leftovers(listing, layers, rules);
    notes.insert(notes.end(), leftovers.notes.begin(), leftovers.notes.end());
    auto difference = find_difference(parents_view_, own_, listing, step.newest_mtime);
    if (plan_.repeated)
      note_makers(difference.entries, layers);
    if (!is_last)
      settle(difference.entries, leftovers.paths);
    if (plan_.parents.empty())
      add_devices(difference.entries, step.newest_mtime);
    write_entries(tree_, difference.entries, output);
    return {std::move(difference.masked), std::move(notes), makers_};
  }

  /// Before their times are changed. What was changed in a step before is known already. Packages'
  /// directories change whenever something is made in them, by whomever.
  void note_makers(const std::vector<Entry>& entries, const LayerView& layers) {
    PlaceFinder finder(tree_);
    for (const Entry& entry : entries) {
      if (entry.type == EntryType::kDirectory && (entry.path == "." || layers.find(entry.path) != nullptr))
        continue;
      const auto status = hidden_by(entry) ? std::nullopt : Tree::stat(finder.place(entry.path));
      std::string maker =
          status ? times_.at(status->st_ctim.tv_sec * 1000000000LL + status->st_ctim.tv_nsec) : "";
      if (!maker.empty())
        makers_[entry.path] = std::move(maker);
    }
  }

  /// Puts the tree into the condition that restoring its state would: the next step must not see whether this
  /// one was taken or restored.
  void settle(const std::vector<Entry>& state, const std::vector<std::string>& leftovers) const {
    for (auto path = leftovers.rbegin(); path != leftovers.rend(); ++path)
      tree_.remove(*path);
    for (const Entry& entry : state)
      if (entry.type != EntryType::kDirectory && !hidden_by(entry))
        tree_.set_mtime(entry.path, entry.mtime);
  }

  std::string dpkg_version() const {
    for (const auto& packages : {own_, inherited_})
      for (const Segment* package : packages)
        if (package->name == "dpkg")
          return package->version;
    throw Error(ErrorKind::kUsage, "scripts: run needs package dpkg in the image",
                "choose a variant that has it (essential, minbase, ...), or scripts: skip");
  }

  const AssemblePlan& plan_;
  int store_;
  const Tree& tree_;
  Sandbox& sandbox_;
  Trace& trace_;
  Packages packages_;
  Unpacker unpacker_;
  TreeBuilder builder_;
  LayerView parents_view_;
  std::deque<std::vector<Entry>> states_;
  std::vector<const Segment*> inherited_;
  std::vector<const Segment*> own_;
  ScriptTimes times_;  ///< of the last step
  std::map<std::string, std::string> makers_;
};

}  // namespace

std::vector<AssembledTree> assemble_tree(const AssemblePlan& plan, int store, const Tree& tree,
                                         Sandbox& sandbox, std::span<const UniqueFd> outputs,
                                         const std::function<void(std::string_view)>& progress,
                                         Trace& trace) {
  Assembly assembly(plan, store, tree, sandbox, progress, trace);
  assembly.restore();
  std::vector<AssembledTree> results;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    results.push_back(assembly.take(plan.steps[i], i + 1 == plan.steps.size(), outputs[i].get()));
  return results;
}

}  // namespace bootstrap
