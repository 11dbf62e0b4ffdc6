#include "package/segment.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/image_format.h"
#include "package/file_pieces.h"
#include "package/package_import.h"
#include "package/segment_metadata.h"
#include "package/segment_writer.h"
#include "package/spool.h"

namespace bootstrap {
namespace {

constexpr auto kArea = Store::Area::kSegment;
constexpr const char* kRetry = "run the command again: it is then made anew";

constexpr std::size_t kPiece = 256 << 10;

std::string data_name(const std::string& key) {
  return key + ".data";
}
// The uncompressed bytes, from unpack() to drop_raw(); and the metadata of a segment that is not packed yet.
std::string raw_name(const std::string& key) {
  return key + ".raw";
}
std::string unpacked_name(const std::string& key) {
  return key + ".unpacked";
}

/// "<sha256>-bootstrap-deflate-1-2.1" (the formats of images and of the metadata), with "-split" for the
/// historic layout that keeps /bin and /usr/bin apart, and the key of the filter, if there is one.
std::string segment_key(const Digest& package, const SegmentForm& form, bool merge_usr) {
  const std::string filter = form.filter.key();
  return package.hex() + "-" + encoder_name(form.compression) + "-" + std::to_string(kImageFormat) + "." +
         std::to_string(kMetadataFormat) + (merge_usr ? "" : "-split") + (filter.empty() ? "" : "-" + filter);
}

std::optional<Segment> load(const Store& store, const std::string& key) {
  auto metadata = store.get(kArea, key);
  if (!metadata)
    return std::nullopt;
  auto segment = deserialise(*metadata);
  // Whoever reads the data checks its digest; here its size tells whether it is there at all.
  std::error_code error;
  auto size = std::filesystem::file_size(store.path(kArea, data_name(key)), error);
  if (!segment || segment->key != key || error || size != segment->fragment.compressed_size)
    return std::nullopt;
  return segment;
}

/// Writes the unpacked segment, and then its metadata under a name of their own: find() does not know them.
void save_unpacked(const Store& store, Segment& segment, const Spool& content) {
  AtomicFile file(store.path(kArea, raw_name(segment.key)));
  std::string buffer;
  const auto write_buffer = [&] {
    write_all(file.fd(), buffer);
    buffer.clear();
  };
  write_segment(segment.entries, content, [&](std::string_view data) {
    buffer += data;
    if (buffer.size() >= kPiece)
      write_buffer();
  });
  write_buffer();
  file.commit(Durability::kCache);
  store.put(kArea, unpacked_name(segment.key), serialise(segment));
  segment.raw = true;
}

/// Compresses what `produce` writes to its sink. Writes data and then metadata, so that who finds metadata
/// finds data.
void save(const Store& store, Segment& segment, const std::function<void(const ByteSink&)>& produce) {
  AtomicFile file(store.path(kArea, data_name(segment.key)));
  Hasher hasher;
  FragmentWriter writer(segment.compression, [&](std::string_view data) {
    hasher.update(data);
    write_all(file.fd(), data);
  });
  produce([&](std::string_view data) { writer.write(data); });
  segment.fragment = writer.finish();
  segment.data = hasher.finish();
  file.commit(Durability::kCache);
  store.put(kArea, segment.key, serialise(segment));
}

/// What the filter leaves out of the segment.
std::set<std::string> excluded_paths(const Segment& segment, const PathFilter& filter) {
  std::set<std::string> paths;
  for (const SegmentEntry& item : segment.entries) {
    if (filter.excludes(item.entry.path, item.entry.type))
      paths.insert(item.entry.path);
  }
  return paths;
}

/// Those of `masked` that the segment has.
std::set<std::string> paths_of(const Segment& segment, const std::set<std::string>& masked) {
  std::set<std::string> paths;
  auto add = [&](const Entry& entry) {
    if (masked.count(entry.path) > 0)
      paths.insert(entry.path);
  };
  for (const SegmentEntry& item : segment.entries)
    add(item.entry);
  std::for_each(segment.directories.begin(), segment.directories.end(), add);
  return paths;
}

bool is_packed(const Segment& segment) {
  return segment.fragment.compressed_size != 0;
}

bool is_intact(const Segment& segment, std::string_view data) {
  return data.size() == segment.fragment.compressed_size && Digest::of(data) == segment.data;
}

}  // namespace

std::optional<Segment> SegmentStore::find(const Digest& package, const SegmentForm& form) const {
  return load(store_, segment_key(package, form, merge_usr_));
}

Segment SegmentStore::unpack(const Digest& package, std::string_view what, const SegmentForm& form) const {
  std::string key = segment_key(package, form, merge_usr_);
  if (auto segment = load(store_, key))
    return std::move(*segment);
  Store::Lock lock = store_.lock(kArea, key);
  if (auto segment = load(store_, key))
    return std::move(*segment);  // another process made it while we waited

  std::filesystem::path path = store_.path(Store::Area::kDownload, package.hex());
  UniqueFd fd = open_file(path, O_RDONLY);
  if (digest_of_fd(fd.get()) != package)
    throw Error(ErrorKind::kUntrusted, std::string(what) + ": " + path.string() + " is not what was verified",
                "remove it; it is then fetched again");
  Spool content(path.parent_path());
  Segment segment = read_package(fd.get(), what, merge_usr_, content);
  segment.key = std::move(key);
  segment.package = package;
  segment.compression = form.compression;
  const std::set<std::string> excluded = excluded_paths(segment, form.filter);
  segment.entries = canonical_order(std::move(segment.entries), excluded);
  std::erase_if(segment.directories, [&](const Entry& directory) {
    return form.filter.excludes(directory.path, EntryType::kDirectory);
  });
  save_unpacked(store_, segment, content);
  return segment;
}

Segment SegmentStore::pack(const Segment& segment) const {
  if (is_packed(segment))
    return segment;
  Store::Lock lock = store_.lock(kArea, segment.key);
  if (auto known = load(store_, segment.key))
    return std::move(*known);
  Segment packed = segment;
  const std::filesystem::path raw = store_.path(kArea, raw_name(segment.key));
  save(store_, packed, [&](const ByteSink& sink) { read_pieces(open_file(raw, O_RDONLY).get(), sink); });
  std::filesystem::remove(store_.path(kArea, unpacked_name(segment.key)));
  return packed;
}

void SegmentStore::drop_raw(const Segment& segment) const {
  std::error_code ignored;  // a file that stays is no harm
  std::filesystem::remove(store_.path(kArea, raw_name(segment.key)), ignored);
}

Segment SegmentStore::import(const Digest& package, std::string_view what, const SegmentForm& form) const {
  Segment segment = pack(unpack(package, what, form));
  drop_raw(segment);
  segment.raw = false;
  return segment;
}

Segment SegmentStore::without(const Segment& segment, const std::set<std::string>& masked) const {
  const std::set<std::string> paths = paths_of(segment, masked);
  if (paths.empty())
    return segment;
  std::string what_is_left = segment.key;
  for (const std::string& path : paths)
    what_is_left.append(1, '\0').append(path);
  std::string key =
      segment_key(segment.package, segment.compression, merge_usr_) + "-" + Digest::of(what_is_left).hex();
  if (auto known = load(store_, key))
    return std::move(*known);
  Store::Lock lock = store_.lock(kArea, key);
  if (auto known = load(store_, key))
    return std::move(*known);

  Spool content(store_.path(kArea, key).parent_path());
  read(segment, [&](std::string_view data) { content.append(data); });
  Segment rest = segment;
  rest.raw = false;
  rest.key = std::move(key);
  rest.entries = canonical_order(std::move(rest.entries), paths);
  std::erase_if(rest.directories, [&](const Entry& directory) { return paths.count(directory.path) > 0; });
  save(store_, rest, [&](const ByteSink& sink) { write_segment(rest.entries, content, sink); });
  return rest;
}

std::string SegmentStore::compressed_data(const Segment& segment) const {
  std::filesystem::path path = store_.path(kArea, data_name(segment.key));
  std::string data = read_file(path);
  if (!is_intact(segment, data)) {
    std::filesystem::remove(path);
    throw Error(ErrorKind::kFailure, "the stored segment of " + segment.name + " was damaged", kRetry);
  }
  return data;
}

void SegmentStore::read(const Segment& segment, const ByteSink& sink) const {
  if (segment.raw) {
    // Another run that made the same segment may have dropped them.
    const UniqueFd raw(::open(store_.path(kArea, raw_name(segment.key)).c_str(), O_RDONLY | O_CLOEXEC));
    if (raw) {
      read_pieces(raw.get(), sink);
      return;
    }
  }
  decompress_fragment(segment.compression, segment.fragment, compressed_data(segment), sink);
}

std::uint64_t content_size(const Segment& segment) {
  std::uint64_t size = 0;
  for (const SegmentEntry& item : segment.entries)
    size = std::max(size, item.offset + item.entry.size);
  return size;
}

Segment load_segment(int store_root, const std::string& key) {
  for (const std::string& name : {key, unpacked_name(key), key}) {  // it may be packed just now
    auto metadata = Store::get_beneath(store_root, kArea, name);
    auto segment = metadata ? deserialise(*metadata) : std::nullopt;
    if (segment && segment->key == key)
      return std::move(*segment);
  }
  throw Error(ErrorKind::kFailure, "the stored segment " + key + " is missing or damaged", kRetry);
}

void read_segment(int store_root, const Segment& segment, const ByteSink& sink) {
  if (segment.raw || !is_packed(segment)) {
    if (const auto raw = Store::find_beneath(store_root, kArea, raw_name(segment.key))) {
      read_pieces(raw->get(), sink);
      return;
    }
  }
  if (!is_packed(segment)) {
    const Segment packed = load_segment(store_root, segment.key);  // it was packed meanwhile
    if (!is_packed(packed))
      throw Error(ErrorKind::kFailure, "the stored segment of " + segment.name + " has no content", kRetry);
    read_segment(store_root, packed, sink);
    return;
  }
  UniqueFd fd = Store::open_beneath(store_root, kArea, data_name(segment.key));
  std::string data = read_all(fd.get());
  if (!is_intact(segment, data))
    throw Error(ErrorKind::kFailure, "the stored segment of " + segment.name + " is damaged", kRetry);
  decompress_fragment(segment.compression, segment.fragment, data, sink);
}

}  // namespace bootstrap
