#include "base/atomic_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace bootstrap {
namespace {

constexpr std::string_view kSuffix = ".XXXXXX";

/// A run that was killed leaves its temporary file behind. The store's are collected as garbage; anywhere
/// else the next writer of the same file removes it. Nobody takes an hour to write one.
void remove_dead_siblings(const std::filesystem::path& target) {
  const std::string stem = "." + target.filename().string();
  const auto dead = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  const auto directory = target.has_parent_path() ? target.parent_path() : ".";
  std::error_code ignored;  // then they stay
  for (auto item = std::filesystem::directory_iterator(directory, ignored);
       !ignored && item != std::filesystem::directory_iterator(); item.increment(ignored)) {
    const std::string name = item->path().filename().string();
    std::error_code gone;
    if (name.size() == stem.size() + kSuffix.size() && name.starts_with(stem) && name[stem.size()] == '.' &&
        std::filesystem::last_write_time(item->path(), gone) < dead && !gone)
      ::unlink(item->path().c_str());
  }
}

std::filesystem::path temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  const std::filesystem::path folder = named == nullptr || *named == '\0' ? "/tmp" : named;
  std::error_code ignored;  // then it is none
  if (!std::filesystem::is_directory(folder, ignored))
    throw Error(ErrorKind::kUsage, "there is no directory " + folder.string() + " for temporary files",
                "let TMPDIR name one that can be written, or unset it");
  return folder;
}

/// A name that another file may not take: root would lose a device for good, and /dev/stdout is a link.
void require_replaceable(const std::filesystem::path& target) {
  struct stat status{};
  if (::lstat(target.c_str(), &status) < 0 || S_ISREG(status.st_mode))
    return;
  std::error_code ignored;  // then the link goes, as it does where it leads to a file
  const bool leads_to_descriptor =
      S_ISLNK(status.st_mode) &&
      std::filesystem::read_symlink(target, ignored).string().starts_with("/proc/");
  if (S_ISLNK(status.st_mode) && !leads_to_descriptor)
    return;
  throw Error(ErrorKind::kUsage, "cannot write " + target.string() + ": it is not a regular file",
              "name a file, new or to be replaced");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  require_replaceable(target_);
  temporary_ = target_.parent_path() / ("." + target_.filename().string() + std::string(kSuffix));
  std::string name = temporary_.string();
  fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_)
    throw_errno("cannot write in " + target_.parent_path().string());
  temporary_ = name;
  check(::fchmod(fd_.get(), 0644), "fchmod");
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

void AtomicFile::commit(Durability durability) {
  if (durability == Durability::kDurable)
    check(::fsync(fd_.get()), "fsync " + target_.string());
  check(::rename(temporary_.c_str(), target_.c_str()), "cannot write " + target_.string());
  temporary_.clear();
  if (durability == Durability::kDurable) {
    UniqueFd directory =
        open_file(target_.parent_path().empty() ? "." : target_.parent_path(), O_RDONLY | O_DIRECTORY);
    check(::fsync(directory.get()), "fsync " + target_.parent_path().string());
    remove_dead_siblings(target_);
  }
}

void write_file(const std::filesystem::path& target, std::string_view content, Durability durability) {
  AtomicFile file(target);
  write_all(file.fd(), content);
  file.commit(durability);
}

TemporaryDirectory::TemporaryDirectory(const std::filesystem::path& parent) {
  std::string name = (parent / "bootstrap-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw_errno("cannot make a directory in " + parent.string());
  path_ = name;
}

TemporaryDirectory::TemporaryDirectory() : TemporaryDirectory(temporary_folder()) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty())
    return;
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw Error(ErrorKind::kFailure, "cannot make the directory " + path.string() + ": " + error.message());
}

}  // namespace bootstrap
