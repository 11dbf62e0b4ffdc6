#include "image/layer.h"

#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/fd.h"
#include "base/image_format.h"
#include "image/blob_writer.h"
#include "image/layer_path.h"
#include "package/compress.h"
#include "package/file_pieces.h"
#include "package/tar_writer.h"

namespace bootstrap {
namespace {

using Packages = std::vector<std::shared_ptr<const Segment>>;

/// `docker history` shows this text; a hundred packages in one line help nobody.
constexpr std::size_t kCreatedByLimit = 1000;

std::string created_by_packages(const Packages& packages) {
  std::string text = "packages:";
  for (std::size_t i = 0; i < packages.size(); ++i) {
    std::string item = (i == 0 ? " " : ", ") + packages[i]->name + " " + packages[i]->version;
    if (text.size() + item.size() > kCreatedByLimit)
      return text + ", and " + std::to_string(packages.size() - i) + " more";
    text += item;
  }
  return text;
}

/// All directories of the layer, the root among them, each once; the first package that has it says how it
/// looks. Those that no package ships (packages do not ship var/lib/dpkg/info, where their control files are)
/// are ordinary ones: runtimes that keep layers apart would make a missing directory with a mode of their own
/// choice, which hides what the layers below say.
std::map<std::string, Entry> merged_directories(const Packages& packages) {
  std::map<std::string, Entry> directories;
  for (const auto& package : packages) {
    for (const Entry& entry : package->directories)
      directories.emplace(entry.path, entry);
  }
  for (const auto& package : packages) {
    Entry ordinary;
    ordinary.type = EntryType::kDirectory;
    ordinary.mode = 0755;
    ordinary.mtime = package->newest_mtime;
    for (const SegmentEntry& item : package->entries) {
      ordinary.path = parent_path(item.entry.path);
      while (ordinary.path != "." && directories.emplace(ordinary.path, ordinary).second)
        ordinary.path = parent_path(ordinary.path);
    }
  }
  return directories;
}

/// Refuses a layer in which a path would occur twice.
void check_unique_paths(const Packages& packages, const std::map<std::string, Entry>& directories) {
  std::unordered_map<std::string_view, const Segment*> owners;
  for (const auto& package : packages) {
    for (const SegmentEntry& item : package->entries) {
      const std::string& path = item.entry.path;
      auto [owner, added] = owners.emplace(path, package.get());
      if (!added) {
        throw Error(ErrorKind::kFailure, "both " + owner->second->name + " and " + package->name +
                                             " have the file /" + path + "; a layer may have it once");
      }
      if (directories.contains(path)) {
        throw Error(ErrorKind::kFailure, "/" + path + " of the package " + package->name +
                                             " is a directory in another package of the same layer");
      }
    }
  }
}

std::string layer_key(const Json& content, Compression compression) {
  Json key = {
      {"image_format", kImageFormat}, {"compression", encoder_name(compression)}, {"content", content}};
  return Digest::of(compact_json(key)).hex();
}

/// What the store knows about the layer, if its blob is still there. The size is looked at because a power
/// failure may leave a short file behind; the digest is checked by whoever reads the blob.
std::optional<Layer> find_layer(const Store& store, const std::string& key) {
  std::optional<std::string> text = store.get(Store::Area::kLayer, key);
  if (!text)
    return std::nullopt;
  Layer layer = layer_from_json(parse_json(*text, "layer " + key));
  std::error_code missing;
  auto size = std::filesystem::file_size(store.path(Store::Area::kBlob, layer.digest.hex()), missing);
  if (missing || size != layer.size)
    return std::nullopt;
  return layer;
}

/// A layer being made of fragments: its blob and, over the uncompressed bytes, its diff ID.
class LayerWriter {
 public:
  LayerWriter(const Store& store, Compression compression)
      : compression_(compression),
        joiner_(compression),
        blob_(store.path(Store::Area::kBlob, "new").parent_path()) {
    blob_.write(joiner_.begin());
  }

  /// Compresses what `produce` writes to the sink it is given.
  void add_fragment(const std::function<void(const ByteSink&)>& produce) {
    FragmentWriter writer(compression_, [this](std::string_view data) { blob_.write(data); });
    produce([&](std::string_view data) {
      writer.write(data);
      diff_.update(data);
    });
    finished(writer.finish());
  }

  void add_segment(const SegmentStore& segments, const Segment& segment) {
    blob_.write(segments.compressed_data(segment));
    segments.read(segment, [this](std::string_view data) { diff_.update(data); });
    finished(segment.fragment);
  }

  Layer publish(std::string created_by) {
    blob_.write(joiner_.end());
    Layer layer;
    layer.compression = compression_;
    layer.encoder = encoder_name(compression_);
    layer.size = blob_.size();
    layer.digest = blob_.publish();
    layer.diff_id = diff_.finish();
    layer.diff_size = diff_size_;
    layer.created_by = std::move(created_by);
    return layer;
  }

 private:
  void finished(const Fragment& fragment) {
    joiner_.add(fragment);
    diff_size_ += fragment.size;
  }

  Compression compression_;
  FragmentJoiner joiner_;
  BlobWriter blob_;
  Hasher diff_;
  std::uint64_t diff_size_ = 0;
};

}  // namespace

Layer make_package_layer(const Store& store, const SegmentStore& segments, const Packages& packages,
                         Compression compression) {
  Json keys = Json::array();
  for (const auto& package : packages)
    keys.push_back(package->key);
  std::string key = layer_key(keys, compression);
  Store::Lock lock = store.lock(Store::Area::kLayer, key);
  if (std::optional<Layer> known = find_layer(store, key))
    return *known;

  auto directories = merged_directories(packages);
  check_unique_paths(packages, directories);
  LayerWriter writer(store, compression);
  writer.add_fragment([&](const ByteSink& sink) {
    for (const auto& [path, directory] : directories)
      sink(tar_header(directory));
  });
  for (const auto& package : packages)
    writer.add_segment(segments, *package);
  writer.add_fragment([](const ByteSink& sink) { sink(tar_end()); });
  Layer layer = writer.publish(created_by_packages(packages));
  store.put(Store::Area::kLayer, key, compact_json(to_json(layer)));
  return layer;
}

Layer make_tar_layer(const Store& store, const std::filesystem::path& tar, Compression compression,
                     std::string created_by) {
  UniqueFd file = open_file(tar, O_RDONLY);
  std::string key = layer_key(digest_of_fd(file.get()).oci(), compression);
  Store::Lock lock = store.lock(Store::Area::kLayer, key);
  if (std::optional<Layer> known = find_layer(store, key)) {
    known->created_by = std::move(created_by);
    return *known;
  }
  LayerWriter writer(store, compression);
  writer.add_fragment([&](const ByteSink& sink) { read_pieces(file.get(), sink); });
  Layer layer = writer.publish(std::move(created_by));
  store.put(Store::Area::kLayer, key, compact_json(to_json(layer)));
  return layer;
}

Json to_json(const Layer& layer) {
  return {{"compression", name_of(layer.compression)},
          {"digest", layer.digest.oci()},
          {"size", layer.size},
          {"diff_id", layer.diff_id.oci()},
          {"diff_size", layer.diff_size},
          {"encoder", layer.encoder},
          {"created_by", layer.created_by}};
}

Layer layer_from_json(const Json& json) {
  try {
    auto digest = Digest::parse(json.at("digest").get<std::string>());
    auto diff_id = Digest::parse(json.at("diff_id").get<std::string>());
    auto compression = json.at("compression").get<std::string>();
    if (!digest || !diff_id || (compression != "gzip" && compression != "zstd"))
      throw Error(ErrorKind::kFailure, "not the description of a layer: " + compact_json(json));
    Layer layer;
    layer.compression = compression == "gzip" ? Compression::kGzip : Compression::kZstd;
    layer.digest = *digest;
    layer.size = json.at("size").get<std::uint64_t>();
    layer.diff_id = *diff_id;
    layer.diff_size = json.at("diff_size").get<std::uint64_t>();
    layer.encoder = json.value("encoder", "");
    layer.created_by = json.at("created_by").get<std::string>();
    return layer;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, std::string("not the description of a layer: ") + error.what());
  }
}

}  // namespace bootstrap
