// Where everything that can be made or fetched again lives on disk: one folder per area, one content- or
// key-named object per file.
// What nobody needs any more is collect.h's business.
//
// Safe under parallel runs and SIGKILL at any moment: an object is written under a temporary name and
// renamed, whoever makes an object holds its lock meanwhile, and nothing is trusted because it lies here:
// downloads are hashed again when they are used and derived objects carry their own checksum (put/get).
// Directories are 0755 and files 0644 whatever the umask, because the worker, which runs under a sub-uid,
// reads them through a descriptor of the root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace bootstrap {

class Store {
 public:
  /// What an object is. The name of the folder is in the comment.
  enum class Area {
    kDownload,  ///< downloads/  packages and indexes as fetched, named by their sha256
    kRelease,   ///< releases/   the last InRelease of each archive and suite with its HTTP validators
    kIndex,     ///< indexes/    parsed package indexes, named by archive and sha256 of the fetched file
    kSegment,   ///< segments/   canonical tar segments, named by package digest and format
    kState,     ///< states/     what configuring left behind, named by stage key
    kLayer,     ///< layers/     layer key -> digest, diff ID and size of its blob
    kBlob,      ///< blobs/      finished layer, config and manifest blobs, named by sha256
    kImage,     ///< images/     image key -> the manifest that was made of it
    kReport,    ///< reports/    smoke tests that passed, by image, tests and limits
    kUser,      ///< users/      which images of which folders need what of all this: users.h
  };

  /// Opens the store at `root`, creating what is missing (with a CACHEDIR.TAG). Throws when it cannot be
  /// written.
  explicit Store(std::filesystem::path root);

  /// $BOOTSTRAP_STORE, else $XDG_CACHE_HOME/bootstrap, else ~/.cache/bootstrap; throws kUsage when none of
  /// these is known.
  static std::filesystem::path default_root();

  static const std::vector<Area>& areas();

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path directory(Area area) const;
  /// Where the object lives, whether it exists or not. Its folder exists. `name` must be a plain file name
  /// (letters, digits, "._+:~-").
  std::filesystem::path path(Area area, std::string_view name) const;
  bool contains(Area area, std::string_view name) const;

  /// What its file system has left for us, in bytes. Throws when it cannot say.
  std::uint64_t free_space() const;

  /// Whether no other process has this store open: then nothing in it is in use, and leftovers are dead.
  /// Keeps others waiting until this object goes. When somebody has it open, this object must not be used any
  /// more.
  bool claim() const;

  /// Held while an object is being made, so that parallel runs make it once. Blocks; released by the
  /// destructor and by death.
  class Lock {
   public:
    explicit Lock(UniqueFd fd) : fd_(std::move(fd)) {}

   private:
    void open();
    UniqueFd fd_;
  };
  Lock lock(Area area, std::string_view name) const;

  /// Writes a small derived object with a checksum of its content, atomically.
  void put(Area area, std::string_view name, std::string_view content) const;
  /// Its content; nullopt when it is missing or its checksum does not hold (it is then removed: it will be
  /// made again).
  std::optional<std::string> get(Area area, std::string_view name) const;

  /// For the worker, which has no Store but a descriptor of its root and may not change anything: get(), and
  /// the object's file for reading (find: nullopt when it is missing, open: throws).
  static std::optional<std::string> get_beneath(int root, Area area, std::string_view name);
  static std::optional<UniqueFd> find_beneath(int root, Area area, std::string_view name);
  static UniqueFd open_beneath(int root, Area area, std::string_view name);

 private:
  void make_folders();
  std::filesystem::path root_;
  UniqueFd in_use_;  ///< shared lock, for claim()
};

}  // namespace bootstrap
