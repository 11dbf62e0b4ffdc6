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

constexpr std::int64_t kSecondsPerDay = 86400;

/// The packages of a plan with their metadata, at stable addresses.
class Packages {
 public:
  explicit Packages(int store) : store_(store) {}

  std::vector<StagedSegment> load(const std::vector<PlannedPackage>& planned) {
    std::vector<StagedSegment> loaded;
    for (const auto& package : planned) {
      segments_.push_back(load_segment(store_, package.segment));
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
  Assembly(const AssemblePlan& plan, int store, const Tree& tree)
      : plan_(plan),
        store_(store),
        tree_(tree),
        packages_(store),
        unpacker_(tree, plan.paths, packages_.reader()) {}

  void restore_parents() {
    for (const auto& parent : plan_.parents) {
      restore_packages(parent);
      const UniqueFd state = open_beneath(store_, parent.state, O_RDONLY);
      states_.push_back(restore_state(tree_, state.get()));
      parents_view_.add_state(states_.back());
      for (const Entry& entry : states_.back())
        unpacker_.note_written(entry);
    }
  }

  void build(Sandbox& sandbox, const std::function<void(std::string_view)>& progress) {
    const auto own = packages_.load(plan_.packages);
    for (const auto& package : own)
      own_.push_back(package.segment);
    link_merged_directories(tree_, own_);
    if (own_.empty() && plan_.debconf.empty())
      return;
    ScriptRunner scripts(tree_, sandbox, {plan_.newest_mtime, plan_.hostname, dpkg_version()});
    TreeBuilder builder(tree_, unpacker_, scripts, plan_.debconf, progress);
    for (const Segment* package : inherited_)
      builder.add_parent(*package);
    builder.build(own, !plan_.parents.empty());
    scripts.finish();
  }

  AssembledTree write_state(int output) const {
    Listing listing = list_tree(tree_, unpacker_.written());
    LayerView layers = parents_view_;
    for (const Segment* package : own_)
      layers.add_package(*package, {});
    auto notes = drop_leftovers(listing, layers);
    auto difference = find_difference(parents_view_, own_, listing, plan_.newest_mtime);
    if (plan_.parents.empty())
      add_devices(difference.entries, plan_.newest_mtime);
    write_entries(tree_, difference.entries, output);
    return {std::move(difference.masked), std::move(notes)};
  }

 private:
  void restore_packages(const PlannedParent& parent) {
    static const std::set<std::string> kNone;
    for (const auto& package : packages_.load(parent.packages)) {
      const auto found = parent.masked.find(package.segment->name);
      const auto& masked = found == parent.masked.end() ? kNone : found->second;
      unpacker_.restore(*package.segment, masked);
      parents_view_.add_package(*package.segment, masked);
      inherited_.push_back(package.segment);
    }
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
  Packages packages_;
  Unpacker unpacker_;
  LayerView parents_view_;
  std::deque<std::vector<Entry>> states_;
  std::vector<const Segment*> inherited_;
  std::vector<const Segment*> own_;
};

}  // namespace

AssembledTree assemble_tree(const AssemblePlan& plan, int store, const Tree& tree, Sandbox& sandbox,
                            int output, const std::function<void(std::string_view)>& progress) {
  Assembly assembly(plan, store, tree);
  if (plan.parents.empty())
    make_skeleton(tree, plan.architecture);
  assembly.restore_parents();
  assembly.build(sandbox, progress);
  add_users(tree, plan.users, plan.newest_mtime / kSecondsPerDay);
  normalise_files(tree, plan.newest_mtime);
  return assembly.write_state(output);
}

}  // namespace bootstrap
