#include "rootfs/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "rootfs/relations.h"

namespace bootstrap {

namespace {

constexpr std::string_view kConffileSuffix = ".dpkg-new";

bool is_conffile(const Segment& package, const std::string& path) {
  return std::find(package.conffiles.begin(), package.conffiles.end(), path) != package.conffiles.end();
}

std::vector<std::string> listed_paths(const Tree& tree, const Segment& package) {
  const auto list = tree.read(dpkg_path("info/" + package.info_name + ".list"));
  std::vector<std::string> paths;
  std::string_view rest = list ? std::string_view(*list) : std::string_view();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    paths.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return paths;
}

/// Where a file goes: diverted or not, before what is done with conffiles.
std::string target_of(const Entry& entry, const Segment& package, const Diversions& diversions) {
  const auto diverted = diversions.find(entry.path);
  return diverted != diversions.end() && diverted->second.package != package.name ? diverted->second.to
                                                                                  : entry.path;
}

}  // namespace

Stamp stamp_of(const struct stat& status) {
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {status.st_ino,
          nanoseconds(status.st_ctim),
          nanoseconds(status.st_mtim),
          static_cast<std::uint64_t>(status.st_size),
          status.st_mode,
          status.st_uid,
          status.st_gid};
}

void Unpacker::begin_stage() {
  const auto text = [&](const std::string& path) { return tree_.read(path).value_or(""); };
  overrides_ = parse_stat_overrides(text(dpkg_path("statoverride")), text("etc/passwd"), text("etc/group"));
}

const StatOverride* Unpacker::override_of(const Entry& entry) const {
  const auto found = overrides_.find(entry.path);
  return found == overrides_.end() ? nullptr : &found->second;
}

Entry Unpacker::as_unpacked(const Entry& entry) const {
  const StatOverride* given = override_of(entry);
  return given == nullptr ? entry : given->applied_to(entry);
}

void Unpacker::unpack(std::span<const Segment* const> packages) {
  const auto diversions = parse_diversions(tree_.read(dpkg_path("diversions")).value_or(""));
  follow(diversions);
  std::vector<Plan> plans;
  const auto write_plans = [&] {
    write(plans);
    for (const Plan& done : plans) {
      if (!done.left.empty())
        drop_from_list(*done.package, done.left);
      enter_into_database(*done.package);
    }
    plans.clear();
  };
  for (const Segment* package : packages)
    try {
      if (meets(*package, plans, diversions))
        write_plans();
      make_directories(*package);
      plans.push_back(plan(*package, diversions));
    } catch (Error& error) {
      error.prepend(fmt::format("unpacking {} {}", package->name, package->version));
      throw;
    }
  write_plans();
}

void Unpacker::restore(std::span<const Segment* const> packages,
                       const std::map<std::string, std::set<std::string>>& masked) {
  static const std::set<std::string> kNone;
  std::vector<Plan> plans;
  std::unordered_set<std::string_view> there;  // nearly all have /usr/share/doc
  for (const Segment* package : packages) {
    const auto found = masked.find(package->name);
    const auto& left = found == masked.end() ? kNone : found->second;
    for (const Entry& directory : package->directories)
      if (left.count(directory.path) == 0 && there.insert(directory.path).second &&
          !tree_.leads_to_directory(directory.path))
        make_node(tree_, directory.path, directory);
    Plan plan{package, {}, {}};
    for (const auto& source : package->entries) {
      if (left.count(source.entry.path) > 0)
        continue;
      plan.targets.push_back({&source, source.entry.path});
      owners_[source.entry.path] = package;
    }
    plans.push_back(std::move(plan));
  }
  write(plans);
}

void Unpacker::note_written(const Entry& entry) {
  if (const auto status = tree_.stat(entry.path))
    written_[entry.path] = {&entry, stamp_of(*status)};
}

void Unpacker::make_directories(const Segment& package) {
  for (const Entry& directory : package.directories) {
    if (tree_.leads_to_directory(directory.path))
      continue;
    if (tree_.exists(directory.path)) {
      const auto owner = owners_.find(directory.path);
      throw Error(ErrorKind::kFailure,
                  fmt::format("{} is a directory in {} but not in {}", directory.path, package.name,
                              owner == owners_.end() ? "the tree" : owner->second->name));
    }
    make_node(tree_, directory.path, as_unpacked(directory));
  }
}

/// A preinst that diverts another package's file moves it aside: its owner owns it there.
void Unpacker::follow(const Diversions& diversions) {
  for (const auto& [path, diversion] : diversions) {
    const auto owner = owners_.find(path);
    if (owner == owners_.end() || owner->second->name == diversion.package)
      continue;
    owners_[diversion.to] = owner->second;
    owners_.erase(path);
    written_.erase(path);
  }
}

/// Whether the package touches a path of one that is only planned: then order matters.
bool Unpacker::meets(const Segment& package, const std::vector<Plan>& plans,
                     const Diversions& diversions) const {
  const auto is_planned = [&](const std::string& path) {
    const auto owner = owners_.find(path);
    return owner != owners_.end() && std::any_of(plans.begin(), plans.end(), [&](const Plan& plan) {
             return plan.package == owner->second;
           });
  };
  return std::any_of(package.directories.begin(), package.directories.end(),
                     [&](const Entry& directory) { return is_planned(directory.path); }) ||
         std::any_of(package.entries.begin(), package.entries.end(), [&](const SegmentEntry& source) {
           return is_planned(target_of(source.entry, package, diversions));
         });
}

Unpacker::Plan Unpacker::plan(const Segment& package, const Diversions& diversions) {
  Plan plan{&package, {}, {}};
  std::map<const Segment*, std::set<std::string>> taken;
  for (const auto& source : package.entries) {
    const Entry& entry = source.entry;
    std::string path = target_of(entry, package, diversions);
    if (const auto owner = owners_.find(path); owner != owners_.end() && owner->second != &package) {
      if (!may_take_over(package, *owner->second, path)) {
        plan.left.insert(path);
        continue;
      }
      taken[owner->second].insert(path);
    }
    owners_[path] = &package;
    written_.erase(path);
    if (is_conffile(package, entry.path))
      path += kConffileSuffix;
    plan.targets.push_back({&source, std::move(path)});
  }
  for (const auto& [owner, paths] : taken)
    drop_from_list(*owner, paths);
  return plan;
}

void Unpacker::write(const std::vector<Plan>& plans) {
  std::vector<const Plan*> order;
  for (const Plan& plan : plans)
    order.push_back(&plan);
  // The largest first, so that no core is left alone with it.
  std::stable_sort(order.begin(), order.end(), [](const Plan* a, const Plan* b) {
    return content_size(*a->package) > content_size(*b->package);
  });
  std::mutex mutex;
  parallel_for(order.size(), available_cores(), [&](std::size_t i) {
    const Segment& package = *order[i]->package;
    try {
      WrittenPaths written = write(*order[i]);
      std::lock_guard guard(mutex);
      for (auto& [path, what] : written)
        written_.insert_or_assign(path, what);
    } catch (Error& error) {
      error.prepend(fmt::format("writing the files of {} {}", package.name, package.version));
      throw;
    }
  });
}

WrittenPaths Unpacker::write(const Plan& plan) const {
  std::vector<const SegmentEntry*> files;
  std::vector<const std::string*> paths;
  for (const auto& target : plan.targets)
    if (target.source->entry.type == EntryType::kFile && target.source->entry.size > 0) {
      files.push_back(target.source);
      paths.push_back(&target.path);
    }
  PlaceFinder places(tree_);
  std::optional<FileWriter> writer;
  stream_files(
      *plan.package, reader_, files,
      [&](std::size_t index, std::string_view piece) {
        if (!writer)
          writer.emplace(places.place(*paths[index]), *paths[index]);
        writer->write(piece);
      },
      [&](std::size_t index) {
        writer->finish(as_unpacked(files[index]->entry));
        writer.reset();
      });
  std::map<std::string, std::string> moved;  // a hard link's target may itself be diverted or a conffile
  for (const auto& target : plan.targets)
    if (target.path != target.source->entry.path)
      moved[target.source->entry.path] = target.path;
  for (const auto& target : plan.targets) {
    Entry entry = as_unpacked(target.source->entry);
    if (entry.type == EntryType::kFile) {
      if (entry.size == 0)
        FileWriter(places.place(target.path), target.path).finish(entry);
      continue;
    }
    if (const auto there = moved.find(entry.link_target);
        entry.type == EntryType::kHardlink && there != moved.end())
      entry.link_target = there->second;
    make_node(tree_, target.path, entry);
    if (entry.type == EntryType::kHardlink && override_of(target.source->entry) != nullptr)
      set_owner_and_mode(places.place(target.path), target.path, entry);
  }
  std::set<std::string> overridden;  // these are not as their package has them, nor what they are linked to
  for (const auto& target : plan.targets)
    if (override_of(target.source->entry) != nullptr)
      overridden.insert({target.source->entry.path, target.source->entry.link_target});
  WrittenPaths written;
  for (const auto& target : plan.targets)
    if (target.path == target.source->entry.path && overridden.count(target.path) == 0)
      if (const auto status = Tree::stat(places.place(target.path)))
        written[target.path] = {&target.source->entry, stamp_of(*status)};
  return written;
}

void Unpacker::enter_into_database(const Segment& package) {
  std::vector<std::pair<std::string, std::string>> conffiles;
  for (const auto& path : package.control.conffiles())
    conffiles.emplace_back(path, "newconffile");
  tree_.append(dpkg_path("status"), status_stanza(package.control, "install ok unpacked", conffiles));
  triggers_.unpacked(package, listed_paths(tree_, package));
}

void Unpacker::drop_from_list(const Segment& package, const std::set<std::string>& paths) const {
  std::string list;
  for (const auto& listed : listed_paths(tree_, package))
    if (paths.count(canonical_dpkg_path(listed)) == 0)
      list += listed + "\n";
  tree_.write(dpkg_path("info/" + package.info_name + ".list"), list);
}

}  // namespace bootstrap
