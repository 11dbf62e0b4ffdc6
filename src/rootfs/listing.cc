#include "rootfs/listing.h"

#include <dirent.h>
#include <fmt/format.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "rootfs/layer_view.h"

namespace bootstrap {

namespace {

std::optional<EntryType> type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return EntryType::kFile;
    case S_IFDIR:
      return EntryType::kDirectory;
    case S_IFLNK:
      return EntryType::kSymlink;
    case S_IFIFO:
      return EntryType::kFifo;
    default:
      // A socket is of no use once its process is gone. A device in the tree can only be overlayfs' sign for
      // a deleted file, which anybody may make.
      return std::nullopt;
  }
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

class Lister {
 public:
  Lister(const Tree& tree, const WrittenPaths& written) : tree_(tree), written_(written) {}

  // Every directory is opened by its path from the root, so depth costs no descriptors.
  Listing list(const std::string& start) {
    pending_.push_back(start);
    while (!pending_.empty()) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      list_directory(path);
    }
    return std::move(listing_);
  }

 private:
  void list_directory(const std::string& path) {
    UniqueFd fd = open_beneath(tree_.root(), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (const auto found = listing_.find(path); found != listing_.end())
      found->second.entry.xattrs = read_xattrs(fd.get());
    const DirectoryStream stream(::fdopendir(fd.get()));
    if (!stream)
      throw_errno("cannot read directory " + path);
    const int directory = fd.release();  // the stream's from here on
    while (const dirent* item = ::readdir(stream.get())) {
      const std::string_view name = item->d_name;
      if (name != "." && name != "..")
        add(directory, path == "." ? std::string(name) : fmt::format("{}/{}", path, name), item->d_name);
    }
  }

  void add(int directory, std::string path, const char* name) {
    if (path.size() >= PATH_MAX)
      throw Error(ErrorKind::kFailure,
                  fmt::format("a script made a path that is too long: {}...", path.substr(0, 200)));
    if (std::string_view(name).starts_with(kWhiteoutPrefix))
      throw Error(ErrorKind::kFailure, fmt::format("a script made /{}", path),
                  "names that start with .wh. are reserved: in a layer they delete files");
    struct stat status{};
    check(::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW), path);
    const auto type = type_of(status.st_mode);
    if (!type)
      return;
    Node node;
    node.inode = status.st_ino;
    const auto before = written_.find(path);
    if (*type != EntryType::kDirectory && before != written_.end() &&
        before->second.stamp == stamp_of(status)) {
      node.entry = *before->second.entry;
      if (node.entry.type == EntryType::kHardlink)
        links_written_.push_back(path);
    } else {
      node.entry = read_entry(directory, name, status, *type);
    }
    node.entry.path = path;
    if (*type == EntryType::kDirectory)
      pending_.push_back(path);
    listing_.emplace(std::move(path), std::move(node));
  }

  static Entry read_entry(int directory, const char* name, const struct stat& status, EntryType type) {
    Entry entry;
    entry.type = type;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime = status.st_mtim.tv_sec;
    if (type == EntryType::kSymlink) {
      std::vector<char> target(PATH_MAX);
      const auto length = check(::readlinkat(directory, name, target.data(), target.size()), "readlinkat");
      entry.link_target.assign(target.data(), static_cast<std::size_t>(length));
    } else if (type == EntryType::kFile) {
      const UniqueFd fd(::openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
      if (!fd)
        throw_errno(fmt::format("cannot read {}", name));
      entry.size = static_cast<std::uint64_t>(status.st_size);
      entry.digest = digest_of_fd(fd.get());
      entry.xattrs = read_xattrs(fd.get());
    }
    return entry;
  }

 public:
  // A hard link was written from an entry that has no content of its own: it is what its target is.
  void resolve_links(Listing& listing) const {
    for (const auto& path : links_written_) {
      Entry& entry = listing.at(path).entry;
      const auto target = listing.find(entry.link_target);
      if (target == listing.end() || target->second.inode != listing.at(path).inode) {
        const auto status = tree_.stat(path);
        const auto where = tree_.find_place(path);
        if (!status || !where)
          throw Error(ErrorKind::kFailure, "the tree changes while it is read: " + path);
        entry = read_entry(where->directory.get(), where->name.c_str(), *status, EntryType::kFile);
      } else {
        entry = target->second.entry;
      }
      entry.path = path;
    }
  }

 private:
  const Tree& tree_;
  const WrittenPaths& written_;
  Listing listing_;
  std::vector<std::string> pending_;
  std::vector<std::string> links_written_;
};

}  // namespace

Listing list_tree(const Tree& tree, const WrittenPaths& written, const std::string& start) {
  Lister lister(tree, written);
  Listing listing = lister.list(start);
  lister.resolve_links(listing);
  return listing;
}

void remove_tree(const Tree& tree, const std::string& path) {
  const auto status = tree.stat(path);
  if (!status)
    return;
  if (S_ISDIR(status->st_mode)) {
    const Listing below = list_tree(tree, {}, path);
    for (auto node = below.rbegin(); node != below.rend(); ++node)
      tree.remove(node->first);
  }
  tree.remove(path);
}

void wait_for_clock_tick() {
  const auto now = [](clockid_t clock) {
    timespec time{};
    check(::clock_gettime(clock, &time), "clock_gettime");
    return std::pair(time.tv_sec, time.tv_nsec);
  };
  // A tick alone is not enough: it may come late, and tell a time that is earlier than the exact one which
  // file systems give to some changes (since Linux 6.13).
  const auto start = now(CLOCK_REALTIME);
  const timespec pause{0, 200'000};
  while (now(CLOCK_REALTIME_COARSE) <= start)
    ::nanosleep(&pause, nullptr);
}

}  // namespace bootstrap
