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
constexpr std::string_view kInfoPrefix = "var/lib/dpkg/info/";  // no package's files, never left out

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

/// Cuts the stream of a segment into the files it consists of.
class FileStream {
 public:
  struct Item {
    const SegmentEntry* entry;
    std::string path;
  };
  FileStream(const Tree& tree, std::vector<Item> items) : tree_(tree), items_(std::move(items)) {}

  void feed(std::string_view data) {
    while (!data.empty() && next_ < items_.size()) {
      const SegmentEntry& source = *items_[next_].entry;
      const std::uint64_t end = source.offset + source.entry.size;
      if (position_ < source.offset) {
        skip(data, source.offset - position_);
        continue;
      }
      if (!writer_)
        writer_.emplace(tree_, items_[next_].path);
      const auto piece = data.substr(0, end - position_);
      writer_->write(piece);
      skip(data, piece.size());
      if (position_ == end)
        finish();
    }
    position_ += data.size();
  }

  bool complete() const { return next_ == items_.size(); }

 private:
  void skip(std::string_view& data, std::uint64_t count) {
    const auto length = std::min<std::uint64_t>(count, data.size());
    data.remove_prefix(length);
    position_ += length;
  }
  void finish() {
    writer_->finish(items_[next_].entry->entry);
    writer_.reset();
    ++next_;
  }

  const Tree& tree_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
  std::uint64_t position_ = 0;
  std::optional<FileWriter> writer_;
};

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
    if (!entry.path.starts_with(kInfoPrefix) && is_excluded(rules_, entry.path, entry.type))
      continue;
    std::string path = entry.path;
    if (const auto diverted = diversions.find(path);
        diverted != diversions.end() && diverted->second.package != package.name)
      path = diverted->second.to;
    if (!takes(package, path)) {
      plan.left.insert(path);
      continue;
    }
    auto& owner = owners_[path];
    if (owner != nullptr && owner != &package)
      taken[owner].insert(path);
    owner = &package;
    written_.erase(path);
    if (is_conffile(package, entry.path))
      path += kConffileSuffix;
    plan.targets.push_back({&source, std::move(path)});
  }
  for (const auto& [owner, paths] : taken)
    drop_from_list(*owner, paths);
  return plan;
}

bool Unpacker::takes(const Segment& package, const std::string& path) const {
  const auto found = owners_.find(path);
  if (found == owners_.end() || found->second == &package)
    return true;
  const Segment& owner = *found->second;
  if (replaces(package, owner))
    return true;
  if (replaces(owner, package))
    return false;
  throw Error(ErrorKind::kFailure,
              fmt::format("/{} is also in package {} {}", path, owner.name, owner.version),
              fmt::format("leave one of the two packages out, or the file: paths: exclude: [/{}]", path));
}

void Unpacker::write(const Segment& package, const std::vector<Target>& targets) {
  std::vector<FileStream::Item> files;
  for (const auto& target : targets)
    if (target.source->entry.type == EntryType::kFile && target.source->entry.size > 0)
      files.push_back({target.source, target.path});
  if (!files.empty()) {
    FileStream stream(tree_, std::move(files));
    reader_(package, [&](std::string_view data) { stream.feed(data); });
    if (!stream.complete())
      throw Error(ErrorKind::kFailure, "its segment is cut short");
  }
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
