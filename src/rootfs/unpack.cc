#include "rootfs/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "rootfs/path_rules.h"
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

void Unpacker::unpack(const Segment& package) try {
  make_directories(package);
  const Plan files = plan(package);
  write(package, files.targets);
  if (!files.left.empty())
    drop_from_list(package, files.left);
  enter_into_database(package);
} catch (Error& error) {
  error.prepend(fmt::format("unpacking {} {}", package.name, package.version));
  throw;
}

void Unpacker::restore(const Segment& package, const std::set<std::string>& masked) try {
  for (const Entry& directory : package.directories)
    if (!tree_.leads_to_directory(directory.path))
      make_node(tree_, directory.path, directory);
  std::vector<Target> targets;
  for (const auto& source : package.entries) {
    if (masked.count(source.entry.path) > 0)
      continue;
    targets.push_back({&source, source.entry.path});
    owners_[source.entry.path] = &package;
  }
  write(package, targets);
} catch (Error& error) {
  error.prepend(fmt::format("restoring {} {}", package.name, package.version));
  throw;
}

void Unpacker::note_written(const Entry& entry) {
  if (const auto status = tree_.stat(entry.path))
    written_[entry.path] = {&entry, stamp_of(*status)};
}

void Unpacker::make_directories(const Segment& package) {
  for (const Entry& directory : package.directories) {
    if (is_excluded(rules_, directory.path, EntryType::kDirectory) ||
        tree_.leads_to_directory(directory.path))
      continue;
    if (tree_.exists(directory.path)) {
      const auto owner = owners_.find(directory.path);
      throw Error(ErrorKind::kFailure,
                  fmt::format("{} is a directory in {} but not in {}", directory.path, package.name,
                              owner == owners_.end() ? "the tree" : owner->second->name));
    }
    make_node(tree_, directory.path, directory);
  }
}

Unpacker::Plan Unpacker::plan(const Segment& package) {
  const auto diversions = parse_diversions(tree_.read(dpkg_path("diversions")).value_or(""));
  Plan plan;
  std::map<const Segment*, std::set<std::string>> taken;
  for (const auto& source : package.entries) {
    const Entry& entry = source.entry;
    if (is_excluded_file(rules_, entry))
      continue;
    std::string path = entry.path;
    if (const auto diverted = diversions.find(path);
        diverted != diversions.end() && diverted->second.package != package.name)
      path = diverted->second.to;
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

void Unpacker::write(const Segment& package, const std::vector<Target>& targets) {
  std::vector<const SegmentEntry*> files;
  std::vector<const std::string*> paths;
  for (const auto& target : targets)
    if (target.source->entry.type == EntryType::kFile && target.source->entry.size > 0) {
      files.push_back(target.source);
      paths.push_back(&target.path);
    }
  std::optional<FileWriter> writer;
  stream_files(
      package, reader_, files,
      [&](std::size_t index, std::string_view piece) {
        if (!writer)
          writer.emplace(tree_, *paths[index]);
        writer->write(piece);
      },
      [&](std::size_t index) {
        writer->finish(files[index]->entry);
        writer.reset();
      });
  std::map<std::string, std::string> moved;  // a hard link's target may itself be diverted or a conffile
  for (const auto& target : targets)
    if (target.path != target.source->entry.path)
      moved[target.source->entry.path] = target.path;
  for (const auto& target : targets) {
    Entry entry = target.source->entry;
    if (entry.type == EntryType::kFile) {
      if (entry.size == 0)
        FileWriter(tree_, target.path).finish(entry);
      continue;
    }
    if (const auto there = moved.find(entry.link_target);
        entry.type == EntryType::kHardlink && there != moved.end())
      entry.link_target = there->second;
    make_node(tree_, target.path, entry);
  }
  for (const auto& target : targets)
    if (target.path == target.source->entry.path)
      note_written(target.source->entry);
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
