#include "store/store.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"

namespace bootstrap {
namespace {

constexpr std::string_view kLocks = "locks";
constexpr std::string_view kInUse = "in-use";

// https://bford.info/cachedir/: backup programs leave a folder out that has this.
constexpr std::string_view kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache made by bootstrap. All in it can be made or fetched again.\n";

// First line of what put() writes: this, the digest of the rest in hex, newline.
constexpr std::string_view kChecksumPrefix = "sha256:";
constexpr std::size_t kChecksumLine = kChecksumPrefix.size() + 2 * Digest::kSize + 1;

std::string_view folder_of(Store::Area area) {
  switch (area) {
    case Store::Area::kDownload:
      return "downloads";
    case Store::Area::kRelease:
      return "releases";
    case Store::Area::kIndex:
      return "indexes";
    case Store::Area::kSegment:
      return "segments";
    case Store::Area::kState:
      return "states";
    case Store::Area::kLayer:
      return "layers";
    case Store::Area::kBlob:
      return "blobs";
    case Store::Area::kImage:
      return "images";
    case Store::Area::kReport:
      return "reports";
    case Store::Area::kUser:
      return "users";
  }
  throw Error(ErrorKind::kFailure, "unknown area of the store");
}

void check_name(std::string_view name) {
  constexpr std::string_view kPunctuation = "._+:~-";
  auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != std::string_view::npos;
  };
  // A leading dot is what temporary files have. 200 leaves room for their suffix within NAME_MAX.
  if (name.empty() || name.size() > 200 || name.front() == '.' ||
      !std::all_of(name.begin(), name.end(), allowed)) {
    throw Error(ErrorKind::kFailure, "\"" + std::string(name) + "\" cannot be the name of a store object");
  }
}

/// Makes a directory that everybody may search, whatever the umask. An earlier run may have died between the
/// two calls, so the mode of an existing one is mended too.
void make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST)
    throw_errno("cannot make the directory " + path.string());
  UniqueFd directory = open_file(path, O_RDONLY | O_DIRECTORY);
  struct stat status{};
  check(::fstat(directory.get(), &status), "fstat " + path.string());
  if ((status.st_mode & 0755) != 0755)
    check(::fchmod(directory.get(), (status.st_mode & 07777) | 0755), "chmod " + path.string());
}

/// False when somebody else has it and `operation` does not wait.
bool lock_file(int fd, int operation, const std::filesystem::path& file) {
  while (::flock(fd, operation) < 0) {
    if (errno == EWOULDBLOCK)
      return false;
    if (errno != EINTR)
      throw_errno("cannot lock " + file.string());
  }
  return true;
}

/// What follows the checksum line, if the checksum holds.
std::optional<std::string> checked_content(int fd) {
  std::array<char, kChecksumLine> line;
  // A regular file's first bytes come in one call.
  const ssize_t size = check(::read(fd, line.data(), line.size()), "read");
  const std::string_view checksum(line.data(), static_cast<std::size_t>(size));
  if (checksum.size() < kChecksumLine || !checksum.starts_with(kChecksumPrefix) || checksum.back() != '\n')
    return std::nullopt;
  std::string content = read_all(fd);
  if (Digest::parse(checksum.substr(0, kChecksumLine - 1)) != Digest::of(content))
    return std::nullopt;
  return content;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

Store::Store(std::filesystem::path root) : root_(std::filesystem::absolute(root)) {
  try {
    make_folders();
  } catch (const Error& error) {
    throw Error(
        error.kind(), error.message(),
        error.hint().empty() ? "the store can be elsewhere: --store DIR, or BOOTSTRAP_STORE" : error.hint());
  }
}

void Store::make_folders() {
  make_directories(root_.parent_path());
  make_directory(root_);
  for (Area area : areas())
    make_directory(directory(area));
  make_directory(root_ / kLocks);
  if (::access(root_.c_str(), W_OK) < 0) {
    int reason = errno;
    throw_errno("cannot write in the store " + root_.string(), reason);
  }
  if (!std::filesystem::exists(root_ / "CACHEDIR.TAG"))
    write_file(root_ / "CACHEDIR.TAG", kCacheTag, Durability::kCache);
  in_use_ = open_file(root_ / kInUse, O_RDWR | O_CREAT, 0644);
  lock_file(in_use_.get(), LOCK_SH, root_ / kInUse);
}

const std::vector<Store::Area>& Store::areas() {
  static const std::vector<Area> kAreas{Area::kDownload, Area::kRelease, Area::kIndex, Area::kSegment,
                                        Area::kState,    Area::kLayer,   Area::kBlob,  Area::kImage,
                                        Area::kReport,   Area::kUser};
  return kAreas;
}

std::filesystem::path Store::directory(Area area) const {
  return root_ / folder_of(area);
}

std::uint64_t Store::free_space() const {
  struct statvfs status{};
  check(::statvfs(root_.c_str(), &status), "statvfs " + root_.string());
  if (status.f_blocks == 0)  // it keeps no account: ramfs, some network file systems
    return UINT64_MAX;
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

bool Store::claim() const {
  return lock_file(in_use_.get(), LOCK_EX | LOCK_NB, root_ / kInUse);
}

std::filesystem::path Store::default_root() {
  if (auto store = environment("BOOTSTRAP_STORE"); !store.empty())
    return store;
  // The XDG specification says that a relative path is to be ignored.
  if (auto cache = environment("XDG_CACHE_HOME"); cache.starts_with('/'))
    return std::filesystem::path(cache) / "bootstrap";
  if (auto home = environment("HOME"); home.starts_with('/'))
    return std::filesystem::path(home) / ".cache" / "bootstrap";
  throw Error(ErrorKind::kUsage,
              "no place for the store: neither BOOTSTRAP_STORE, XDG_CACHE_HOME nor HOME is set",
              "name one with --store DIR");
}

std::filesystem::path Store::path(Area area, std::string_view name) const {
  check_name(name);
  return root_ / folder_of(area) / name;
}

bool Store::contains(Area area, std::string_view name) const {
  return std::filesystem::exists(path(area, name));
}

Store::Lock Store::lock(Area area, std::string_view name) const {
  check_name(name);
  std::filesystem::path file = root_ / kLocks / (std::string(folder_of(area)) + "-" + std::string(name));
  for (;;) {
    UniqueFd fd = open_file(file, O_RDWR | O_CREAT, 0644);
    lock_file(fd.get(), LOCK_EX, file);
    // Whoever collects garbage may have removed the file while we waited; then the lock excludes nobody.
    struct stat locked{};
    struct stat named{};
    check(::fstat(fd.get(), &locked), "fstat " + file.string());
    if (::stat(file.c_str(), &named) == 0 && locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
      return Lock(std::move(fd));
  }
}

void Store::put(Area area, std::string_view name, std::string_view content) const {
  std::string object;
  object.reserve(kChecksumLine + content.size());
  object += kChecksumPrefix;
  object += Digest::of(content).hex();
  object += '\n';
  object += content;
  write_file(path(area, name), object, Durability::kCache);
}

std::optional<std::string> Store::get(Area area, std::string_view name) const {
  std::filesystem::path file = path(area, name);
  // A pipe in its place must be found damaged, not waited for.
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT)
    return std::nullopt;
  if (!fd)
    throw_errno("cannot open " + file.string());
  auto content = checked_content(fd.get());
  if (!content)
    ::unlink(file.c_str());  // when it cannot be removed, put() replaces it all the same
  return content;
}

std::optional<std::string> Store::get_beneath(int root, Area area, std::string_view name) {
  const auto fd = find_beneath(root, area, name);
  return fd ? checked_content(fd->get()) : std::nullopt;
}

std::optional<UniqueFd> Store::find_beneath(int root, Area area, std::string_view name) {
  check_name(name);
  UniqueFd fd =
      try_open_beneath(root, std::string(folder_of(area)) + "/" + std::string(name), O_RDONLY | O_NONBLOCK);
  if (!fd && errno == ENOENT)
    return std::nullopt;
  if (!fd)
    throw_errno("cannot open " + std::string(name) + " in the store");
  return fd;
}

UniqueFd Store::open_beneath(int root, Area area, std::string_view name) {
  check_name(name);
  return bootstrap::open_beneath(root, std::string(folder_of(area)) + "/" + std::string(name),
                                 O_RDONLY | O_NONBLOCK);
}

}  // namespace bootstrap
