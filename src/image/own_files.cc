#include "image/own_files.h"

#include <charconv>
#include <map>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "image/layer_path.h"
#include "package/deb.h"
#include "package/tar_writer.h"
#include "recipe/content_digest.h"

namespace bootstrap {
namespace {

namespace fs = std::filesystem;

struct Copied {
  Entry entry;
  std::string content;
  fs::path source;
};
using Tree = std::map<std::string, Copied, PathOrder>;

[[noreturn]] void refuse(const fs::path& source, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::kUsage, "files: " + source.string() + " " + std::string(why), std::move(hint));
}

void check_no_whiteout(const fs::path& source, const std::string& path) {
  for (std::string part = path; part != "."; part = parent_path(part))
    if (parse_whiteout(part))
      refuse(source, "has a name by which image layers mark removed files: /" + path);
}

/// Where the source itself goes, as Entry::path.
std::string target_path(const OwnFile& file, bool folder) {
  std::string target = file.target;
  if (!folder && target.ends_with('/'))
    target += file.source.filename().string();
  target.erase(0, target.find_first_not_of('/'));
  return target.empty() ? "." : canonical_path(target, true, "files: target");
}

/// One `files:` entry with its names resolved.
struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

class Collector {
 public:
  Collector(const OwnFile& file, Owner owner, std::int64_t mtime, const FindEntry& below, Tree& tree)
      : file_(file), owner_(owner), mtime_(mtime), below_(below), tree_(tree) {}

  Digest collect() {
    return read_content(file_.source, [&](OwnContent part) { add(std::move(part)); });
  }

 private:
  void add(OwnContent part) {
    const bool folder = part.kind == OwnContent::Kind::kFolder;
    const std::string path = place_of(part, folder);
    if (path == "." && !folder)
      refuse(part.source, "cannot become the root of the image");
    check_no_whiteout(part.source, path);
    switch (part.kind) {
      case OwnContent::Kind::kFile: {
        Entry file = entry(path, EntryType::kFile, file_.mode.value_or(part.executable ? 0755 : 0644));
        file.size = part.data.size();
        put(part.source, std::move(file), std::move(part.data));
        return;
      }
      case OwnContent::Kind::kLink: {
        Entry link = entry(path, EntryType::kSymlink, 0777);
        link.link_target = std::move(part.data);
        put(part.source, std::move(link), {});
        return;
      }
      case OwnContent::Kind::kFolder:
        folders_[part.name] = path;
        put(part.source, entry(path, EntryType::kDirectory, 0755), {});
    }
  }

  /// A folder that meets a link goes where that leads; what is in the folder follows it there.
  std::string place_of(const OwnContent& part, bool folder) const {
    const std::string wanted =
        part.name.empty()
            ? target_path(file_, folder)
            : child_path(folders_.at(part.name.substr(0, part.name.rfind('/'))), name_in_parent(part.name));
    try {
      return resolve_in_tree(wanted, [this](const std::string& path) { return find(path); }, folder);
    } catch (Error& error) {
      error.prepend("files: " + part.source.string());
      throw;
    }
  }

  const Entry* find(const std::string& path) const {
    const auto place = tree_.find(path);
    return place == tree_.end() ? below_(path) : &place->second.entry;
  }

  Entry entry(const std::string& path, EntryType type, std::uint32_t mode) const {
    Entry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = mode;
    entry.uid = owner_.uid;
    entry.gid = owner_.gid;
    entry.mtime = mtime_;
    return entry;
  }

  void put(const fs::path& source, Entry entry, std::string content) {
    const Entry* there = find(entry.path);
    const bool folder = entry.type == EntryType::kDirectory;
    if (there != nullptr && there->type == EntryType::kDirectory && !folder)
      refuse(source, "would replace the folder /" + entry.path,
             "a target that ends in \"/\" is the folder that a file goes into");
    if (there != nullptr && there->type != EntryType::kDirectory && folder)
      refuse(source, "is a folder, but /" + entry.path + " is none");
    std::string path = entry.path;
    tree_[std::move(path)] = {std::move(entry), std::move(content), source};
  }

  const OwnFile& file_;
  Owner owner_;
  std::int64_t mtime_;
  const FindEntry& below_;
  Tree& tree_;
  std::map<std::string, std::string> folders_;  ///< by OwnContent::name, where each has gone
};

std::uint32_t number_or(const std::string& name, std::string_view kind, const FindId& find_id) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size())
    return number;
  return find_id(kind, name);
}

/// Adds the directories, the root included, that the paths lie in. Resolved paths lie in nothing else.
void add_parents(Tree& tree, std::int64_t mtime) {
  std::vector<std::string> paths;
  for (const auto& place : tree)
    paths.push_back(place.first);
  for (std::string path : paths) {
    while (path != ".") {
      path = parent_path(path);
      auto [place, added] = tree.try_emplace(path);
      if (!added)
        break;  // and so its parents are there
      Entry& entry = place->second.entry;
      entry.path = path;
      entry.type = EntryType::kDirectory;
      entry.mode = 0755;
      entry.mtime = mtime;
    }
  }
}

}  // namespace

OwnFilesTar own_files_tar(const std::vector<OwnFile>& files, std::int64_t mtime, const FindEntry& below,
                          const FindId& find_id) {
  OwnFilesTar result;
  Tree tree;
  for (const OwnFile& file : files) {
    Owner owner{number_or(file.user, "user", find_id), number_or(file.group, "group", find_id)};
    result.contents.push_back(Collector(file, owner, mtime, below, tree).collect());
  }
  add_parents(tree, mtime);

  for (auto& [path, copied] : tree) {
    const Entry* there = copied.entry.type == EntryType::kDirectory ? below(path) : nullptr;
    result.tar += tar_header(there != nullptr ? *there : copied.entry);
    result.tar += copied.content;
    result.tar.append(tar_padding(copied.content.size()), '\0');
    copied.content = {};
  }
  result.tar += tar_end();
  return result;
}

}  // namespace bootstrap
