#include "package/segment.h"

#include <algorithm>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "package/package_import.h"
#include "package/segment_metadata.h"
#include "package/segment_writer.h"
#include "package/spool.h"

namespace bootstrap {
namespace {

constexpr auto kArea = Store::Area::kSegment;
constexpr const char* kRetry = "run the command again: it is then made anew";

std::string data_name(const std::string& key) {
  return key + ".data";
}

/// "<sha256>-libdeflate-1.14-1", with "-split" for the historic layout that keeps /bin and /usr/bin apart,
/// and the key of the filter, if there is one.
std::string segment_key(const Digest& package, const SegmentForm& form, bool merge_usr) {
  const std::string filter = form.filter.key();
  return package.hex() + "-" + encoder_name(form.compression) + "-" + std::to_string(kSegmentFormat) +
         (merge_usr ? "" : "-split") + (filter.empty() ? "" : "-" + filter);
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

/// Writes data and then metadata, so that who finds metadata finds data.
void save(const Store& store, Segment& segment, const Spool& content) {
  AtomicFile file(store.path(kArea, data_name(segment.key)));
  Hasher hasher;
  FragmentWriter writer(segment.compression, [&](std::string_view data) {
    hasher.update(data);
    write_all(file.fd(), data);
  });
  write_segment(segment.entries, content, writer);
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

bool is_intact(const Segment& segment, std::string_view data) {
  return data.size() == segment.fragment.compressed_size && Digest::of(data) == segment.data;
}

}  // namespace

std::optional<Segment> SegmentStore::find(const Digest& package, const SegmentForm& form) const {
  return load(store_, segment_key(package, form, merge_usr_));
}

Segment SegmentStore::import(const Digest& package, std::string_view what, const SegmentForm& form) const {
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
  save(store_, segment, content);
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
  rest.key = std::move(key);
  rest.entries = canonical_order(std::move(rest.entries), paths);
  std::erase_if(rest.directories, [&](const Entry& directory) { return paths.count(directory.path) > 0; });
  save(store_, rest, content);
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
  decompress_fragment(segment.compression, segment.fragment, compressed_data(segment), sink);
}

Segment load_segment(int store_root, const std::string& key) {
  auto metadata = Store::get_beneath(store_root, kArea, key);
  auto segment = metadata ? deserialise(*metadata) : std::nullopt;
  if (!segment || segment->key != key)
    throw Error(ErrorKind::kFailure, "the stored segment " + key + " is missing or damaged", kRetry);
  return std::move(*segment);
}

void read_segment(int store_root, const Segment& segment, const ByteSink& sink) {
  UniqueFd fd = Store::open_beneath(store_root, kArea, data_name(segment.key));
  std::string data = read_all(fd.get());
  if (!is_intact(segment, data))
    throw Error(ErrorKind::kFailure, "the stored segment of " + segment.name + " is damaged", kRetry);
  decompress_fragment(segment.compression, segment.fragment, data, sink);
}

}  // namespace bootstrap
