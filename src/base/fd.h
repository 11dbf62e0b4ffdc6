// File descriptors: an owner, whole reads and writes, and opening beneath a directory.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace bootstrap {

/// Owns one file descriptor and closes it. Empty is -1.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other)
      reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC; throws with the path in the message.
UniqueFd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

/// Opens a path below the directory `dir` without ever following a symbolic link or leaving `dir`
/// (openat2 RESOLVE_BENEATH|NO_SYMLINKS|NO_MAGICLINKS). `path` must be relative. Throws.
UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);
/// The same, but an empty UniqueFd with errno set instead of an exception.
UniqueFd try_open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);

/// Everything from the descriptor's position to its end; throws when that is more than `limit` bytes.
std::string read_all(int fd, std::uint64_t limit = UINT64_MAX);
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = UINT64_MAX);
/// Writes all of it, going on after short writes and EINTR.
void write_all(int fd, std::string_view data);

/// A pipe with O_CLOEXEC on both ends.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Pipe make_pipe();

}  // namespace bootstrap
