// A package imported once, ever: its files as a canonical tar segment, compressed as a fragment, and the
// metadata of its entries.
//
// The segment holds the package's files (merged-/usr paths, sorted, hard links after their targets) and its
// dpkg info files (var/lib/dpkg/info/NAME.list, .md5sums, .postinst, ...), but no directories: a layer has
// one entry per path, so its directories are made once, from the `directories` of all its segments. It is
// keyed by the package's sha256 and never changes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "package/compress.h"
#include "package/deb.h"
#include "package/entry.h"
#include "package/path_filter.h"
#include "store/store.h"

namespace bootstrap {

struct SegmentEntry {
  Entry entry;
  std::uint64_t offset = 0;  ///< of a file's content in the uncompressed segment
};

struct Segment {
  std::string key;  ///< name of the object in Store::Area::kSegment
  Digest package;   ///< sha256 of the .deb
  Compression compression = Compression::kGzip;
  std::string name;  ///< Package
  std::string version;
  std::string architecture;  ///< "amd64" or "all"
  bool multi_arch_same = false;
  std::string
      info_name;  ///< of the files in var/lib/dpkg/info: "libc6:amd64" for Multi-Arch: same, else the name
  ControlData control;
  std::vector<Entry> directories;  ///< sorted by path; those which the package ships and the parents of its
                                   ///< files (0755 root), but not the parents of its info files
  std::vector<SegmentEntry> entries;   ///< in the order of the segment
  std::vector<std::string> conffiles;  ///< canonical paths (Entry::path) of its conffiles
  Fragment fragment;                   ///< empty until it is packed
  Digest data;                         ///< of the compressed bytes
  std::int64_t newest_mtime = 0;       ///< of its entries, directories too
  /// Its uncompressed bytes lie in the store too, written by this very run: whoever needs them need not
  /// decompress. Not part of what is stored.
  bool raw = false;
};

/// In which form a package is imported.
struct SegmentForm {
  SegmentForm(Compression how, PathFilter what = {}) : compression(how), filter(std::move(what)) {}

  Compression compression;
  PathFilter filter;  ///< leaves files out before they are compressed; dpkg's file lists still name them
};

/// Imports packages into the store and opens what was imported. All calls may run in parallel.
class SegmentStore {
 public:
  SegmentStore(const Store& store, bool merge_usr = true) : store_(store), merge_usr_(merge_usr) {}

  /// The segment of the .deb whose sha256 is `package`, if it was imported before.
  std::optional<Segment> find(const Digest& package, const SegmentForm& form) const;

  /// The segment of the .deb whose sha256 is `package`, made from the store's download when it is not there
  /// yet (or damaged): unpacked, which is all that assembling needs, but not compressed. Hashes the download
  /// before use: throws kUntrusted when it is not what its name says, kFailure when it is no good package.
  Segment unpack(const Digest& package, std::string_view what, const SegmentForm& form) const;
  /// Compresses an unpacked segment, once.
  Segment pack(const Segment& segment) const;
  /// Removes the uncompressed bytes of a packed segment; who is reading them does not notice.
  void drop_raw(const Segment& segment) const;
  /// All of this.
  Segment import(const Digest& package, std::string_view what, const SegmentForm& form) const;

  /// The segment without the files in `masked` (canonical paths): what is left of it when a script changed or
  /// removed some. Made once per set.
  Segment without(const Segment& segment, const std::set<std::string>& masked) const;

  /// The compressed bytes; whoever reads them all checks them against the digest in the metadata. Throws
  /// kFailure when damaged.
  std::string compressed_data(const Segment& segment) const;
  /// The uncompressed segment, piece by piece.
  void read(const Segment& segment, const ByteSink& sink) const;

 private:
  const Store& store_;
  bool merge_usr_;
};

/// The size of its uncompressed bytes, about: without the padding of the last file.
std::uint64_t content_size(const Segment& segment);

/// Without a Store object, for the worker: reads segments, packed or not, below a directory descriptor of the
/// store's root.
Segment load_segment(int store_root, const std::string& key);
void read_segment(int store_root, const Segment& segment, const ByteSink& sink);

}  // namespace bootstrap
