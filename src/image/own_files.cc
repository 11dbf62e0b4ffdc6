#include "image/own_files.h"

#include <sys/stat.h>

#include <charconv>
#include <map>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "image/layer_path.h"
#include "package/deb.h"
#include "package/entry.h"
#include "package/tar_writer.h"

namespace bootstrap {
namespace {

namespace fs = std::filesystem;

struct Copied {
  Entry entry;
  fs::path source;  ///< of a file's content
};
using Tree = std::map<std::string, Copied, PathOrder>;

[[noreturn]] void refuse(const fs::path& source, std::string_view why) {
  throw Error(ErrorKind::kUsage, "files: " + source.string() + " " + std::string(why));
}

fs::file_status status_of(const fs::path& source, bool follow) {
  std::error_code error;
  fs::file_status status = follow ? fs::status(source, error) : fs::symlink_status(source, error);
  if (status.type() == fs::file_type::not_found)
    refuse(source, "does not exist");
  if (error)
    refuse(source, "cannot be read: " + error.message());
  return status;
}

/// One `files:` entry with its names resolved.
struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

class Collector {
 public:
  Collector(const OwnFile& file, Owner owner, std::int64_t mtime, Tree& tree)
      : file_(file), owner_(owner), mtime_(mtime), tree_(tree) {}

  void add(const fs::path& source, const std::string& path, bool follow) {
    if (parse_whiteout(path))
      refuse(source, "has a name by which image layers mark removed files");
    fs::file_status status = status_of(source, follow);
    switch (status.type()) {
      case fs::file_type::regular:
        put(source, entry(path, EntryType::kFile, mode_of(status)));
        return;
      case fs::file_type::symlink:
        put(source, entry(path, EntryType::kSymlink, 0777));
        tree_[path].entry.link_target = fs::read_symlink(source).string();
        return;
      case fs::file_type::directory:
        put(source, entry(path, EntryType::kDirectory, 0755));
        for (const auto& child : fs::directory_iterator(source))
          add(child.path(), child_path(path, child.path().filename().string()), false);
        return;
      default:
        refuse(source, "is neither a file, a folder nor a symbolic link");
    }
  }

 private:
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

  std::uint32_t mode_of(const fs::file_status& status) const {
    bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    return file_.mode.value_or(executable ? 0755 : 0644);
  }

  void put(const fs::path& source, Entry entry) {
    std::string path = entry.path;
    auto [place, added] = tree_.try_emplace(path);
    bool was_directory = !added && place->second.entry.type == EntryType::kDirectory;
    if (was_directory && entry.type != EntryType::kDirectory)
      refuse(source, "would replace the folder /" + path + " of another entry");
    place->second = {std::move(entry), source};
  }

  const OwnFile& file_;
  Owner owner_;
  std::int64_t mtime_;
  Tree& tree_;
};

std::uint32_t number_or(const std::string& name, std::string_view kind, const FindId& find_id) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size())
    return number;
  return find_id(kind, name);
}

/// Where the source itself goes, as Entry::path.
std::string target_path(const OwnFile& file, bool folder) {
  std::string target = file.target;
  if (!folder && target.ends_with('/'))
    target += file.source.filename().string();
  target.erase(0, target.find_first_not_of('/'));
  return target.empty() ? "." : canonical_path(target, true, "files: target");
}

/// Adds the directories, the root included, that the paths lie in.
void add_parents(Tree& tree, std::int64_t mtime) {
  std::vector<std::string> paths;
  for (const auto& place : tree)
    paths.push_back(place.first);
  for (std::string path : paths) {
    while (path != ".") {
      std::string parent = parent_path(path);
      auto [place, added] = tree.try_emplace(parent);
      Entry& entry = place->second.entry;
      if (!added && entry.type != EntryType::kDirectory)
        refuse(place->second.source, "becomes /" + parent + ", in which another entry puts /" + path);
      if (!added)
        break;  // and so its parents are there
      entry.path = parent;
      entry.type = EntryType::kDirectory;
      entry.mode = 0755;
      entry.mtime = mtime;
      path = parent;
    }
  }
}

}  // namespace

std::string own_files_tar(const std::vector<OwnFile>& files, std::int64_t mtime,
                          const FindDirectory& find_directory, const FindId& find_id) {
  Tree tree;
  for (const OwnFile& file : files) {
    Owner owner{number_or(file.user, "user", find_id), number_or(file.group, "group", find_id)};
    bool folder = status_of(file.source, true).type() == fs::file_type::directory;
    std::string path = target_path(file, folder);
    if (path == "." && !folder)
      refuse(file.source, "cannot become the root of the image");
    Collector(file, owner, mtime, tree).add(file.source, path, true);
  }
  add_parents(tree, mtime);

  std::string tar;
  for (auto& [path, copied] : tree) {
    if (copied.entry.type == EntryType::kDirectory) {
      tar += tar_header(find_directory(path).value_or(copied.entry));
      continue;
    }
    std::string content;
    if (copied.entry.type == EntryType::kFile)
      content = read_file(copied.source);
    copied.entry.size = content.size();
    tar += tar_header(copied.entry);
    tar += content;
    tar.append(tar_padding(content.size()), '\0');
  }
  return tar + tar_end();
}

}  // namespace bootstrap
