#include "transfer/part_file.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"

namespace bootstrap {

namespace {

/// False when somebody else holds it.
bool try_lock(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK)
      return false;
    if (errno != EINTR)
      throw_errno("flock");
  }
  return true;
}

bool is_named(int fd, const std::filesystem::path& path) {
  struct stat opened{};
  struct stat named{};
  check(::fstat(fd, &opened), "fstat");
  return ::lstat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

std::optional<PartFile> PartFile::open(const std::filesystem::path& path) {
  for (;;) {
    UniqueFd fd = open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
    if (!try_lock(fd.get()))
      return std::nullopt;
    // Between opening and locking, its last holder may have finished and renamed it.
    if (is_named(fd.get(), path))
      return PartFile(path, std::move(fd));
  }
}

PartFile::PartFile(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {
  check(::fchmod(fd_.get(), 0644), "fchmod");
  hash_content();
}

PartFile::~PartFile() {
  if (fd_ && size_ == 0)
    ::unlink(path_.c_str());
}

void PartFile::hash_content() {
  std::vector<char> buffer(1 << 18);
  for (;;) {
    ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    check(n, "cannot read " + path_.string());
    if (n == 0)
      return;
    hasher_.update({buffer.data(), static_cast<std::size_t>(n)});
    size_ += static_cast<std::uint64_t>(n);
  }
}

void PartFile::append(std::string_view data) {
  try {
    write_all(fd_.get(), data);
  } catch (Error& error) {
    error.prepend("cannot write " + path_.string());
    throw;
  }
  hasher_.update(data);
  size_ += data.size();
}

void PartFile::restart() {
  check(::ftruncate(fd_.get(), 0), "ftruncate " + path_.string());
  check(::lseek(fd_.get(), 0, SEEK_SET), "lseek");
  hasher_ = Hasher();
  size_ = 0;
}

void PartFile::commit(const std::filesystem::path& target) {
  check(::rename(path_.c_str(), target.c_str()), "cannot write " + target.string());
  fd_.reset();
}

}  // namespace bootstrap
