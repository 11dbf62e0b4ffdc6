#include "base/fd.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace bootstrap {
namespace {

/// What /proc calls it: the path of a file. A full disk is easier to find with a name.
std::string name_of(int fd) {
  char name[4096];
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof name);
  return size < 0 ? "a file" : std::string(name, static_cast<std::size_t>(size));
}

}  // namespace

void UniqueFd::reset(int fd) {
  // Linux closes the descriptor even when close() reports EINTR, so there is nothing to retry. Where a lost
  // write matters, the writer calls fsync() and checks that.
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = fd;
}

UniqueFd open_file(const std::filesystem::path& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd)
    throw_errno("cannot open " + path.string());
  return fd;
}

UniqueFd try_open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how);
    // EAGAIN: a rename elsewhere raced with the lookup; the kernel asks to try again.
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return UniqueFd(static_cast<int>(fd));
}

UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd = try_open_beneath(dir, path, flags, mode);
  if (!fd)
    throw_errno("cannot open " + path);
  return fd;
}

std::string read_all(int fd, std::uint64_t limit) {
  std::string data;
  struct stat status{};
  check(::fstat(fd, &status), "fstat");
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    data.reserve(std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), limit) + 1);
  }
  char buffer[65536];
  for (;;) {
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      const int reason = errno;
      throw_errno("cannot read " + name_of(fd), reason);
    }
    if (n == 0)
      return data;
    if (data.size() + static_cast<std::size_t>(n) > limit) {
      throw Error(ErrorKind::kFailure,
                  "input is larger than the limit of " + std::to_string(limit) + " bytes");
    }
    data.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  // Opening a pipe that nobody writes to would wait for ever.
  UniqueFd fd = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  try {
    struct stat status{};
    check(::fstat(fd.get(), &status), "fstat");
    if (!S_ISREG(status.st_mode))
      throw Error(ErrorKind::kFailure, "not a regular file");
    return read_all(fd.get(), limit);
  } catch (Error& error) {
    error.prepend(path.string());
    throw;
  }
}

void write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      const int reason = errno;
      throw_errno("cannot write " + name_of(fd), reason);
    }
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

Pipe make_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace bootstrap
