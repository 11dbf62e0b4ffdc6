// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace bootstrap {

/// How much a new file must survive.
enum class Durability {
  kCache,   ///< a power failure may take it or its content: its reader checks that, and it is made again
  kDurable  ///< on disk, with its name, before the call returns; removes what killed writers of it have left
};

/// A file under a temporary name in the directory where it will live; gone again unless it is committed.
/// Its mode is 0644 whatever the umask.
class AtomicFile {
 public:
  /// Creates the temporary file beside `target`. Throws.
  explicit AtomicFile(std::filesystem::path target);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  int fd() const { return fd_.get(); }
  /// Gives the file its final name, replacing what was there.
  void commit(Durability durability);

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
};

/// Writes `content` as the whole of `target`, atomically.
void write_file(const std::filesystem::path& target, std::string_view content, Durability durability);

/// A directory of our own, removed with all it holds. Made in `parent`, mode 0700.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& parent);
  /// In $TMPDIR, else in /tmp. Throws kUsage when that is no directory.
  TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Makes a directory and those above it that are not there. Throws kFailure naming it.
void make_directories(const std::filesystem::path& path);

}  // namespace bootstrap
