#include "update/image_contents.h"

#include <algorithm>
#include <tuple>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "image/flat_tree.h"
#include "image/index_document.h"
#include "image/layer_reader.h"
#include "image/layout.h"
#include "package/tar_reader.h"
#include "pipeline/record.h"
#include "rootfs/dpkg_database.h"
#include "rootfs/listing.h"
#include "update/gc.h"

namespace bootstrap {

namespace {

constexpr const char* kStatus = "var/lib/dpkg/status";

bool is_path(const std::string& subject) {
  return subject.starts_with('/') || subject.starts_with('.');
}

/// An entry of an index that other tools may have written.
struct IndexEntry {
  Digest manifest;
  std::string name;
};

std::vector<IndexEntry> read_index(const std::filesystem::path& layout) {
  std::string what = (layout / "index.json").string();
  std::vector<IndexEntry> entries;
  try {
    const Json index = parse_json(read_file(layout / "index.json"), what);
    for (const Json& entry : index.at("manifests")) {
      auto digest = Digest::parse(entry.at("digest").get<std::string>());
      if (!digest)
        throw Error(ErrorKind::kFailure, what + ": not a sha256 digest: " + entry.at("digest").dump());
      if (!entry.contains("artifactType"))
        entries.push_back({*digest, entry.value("/annotations/org.opencontainers.image.ref.name"_json_pointer,
                                                std::string())});
    }
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, what + ": not an OCI image index: " + error.what());
  }
  return entries;
}

/// The entry of that name, or the only one, or the latest.
Digest choose_manifest(const std::filesystem::path& layout, const std::string& reference) {
  std::vector<IndexEntry> entries = read_index(layout);
  const std::string wanted = reference.empty() && entries.size() > 1 ? std::string(kLatest) : reference;
  for (const IndexEntry& entry : entries) {
    if (wanted.empty() || entry.name == wanted || entry.manifest.oci() == wanted)
      return entry.manifest;
  }
  throw Error(ErrorKind::kUsage, layout.string() + " has no image " + wanted,
              "write DIRECTORY:NAME for one of several");
}

ImageContents read_directory(const std::filesystem::path& directory) {
  UniqueFd root = open_file(directory, O_RDONLY | O_DIRECTORY);
  Tree tree(root.get());
  ImageContents contents;
  for (auto& [path, node] : list_tree(tree, {}))
    contents.files.emplace(path, std::move(node.entry));
  contents.packages = parse_installed_packages(tree.read(kStatus).value_or(""));
  return contents;
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name)
      return value;
  }
  return {};
}

/// Deb822's Source field: "glibc (2.36-9)", or a name alone, or nothing when it is the package's own.
void set_source(InstalledPackage& package, const std::string& field) {
  std::size_t space = field.find(' ');
  package.source = field.empty() ? package.name : field.substr(0, space);
  package.source_version = package.version;
  std::size_t open = field.find('(');
  if (open != std::string::npos)
    package.source_version = field.substr(open + 1, field.find(')', open) - open - 1);
}

}  // namespace

struct ContentsReader::LayerListing {
  std::vector<Entry> entries;  ///< digests set
  std::string status;          ///< content of the dpkg status file, when it is here
};

ContentsReader::ContentsReader(std::filesystem::path images) : images_(std::move(images)) {}
ContentsReader::~ContentsReader() = default;

std::unique_ptr<ContentsReader::LayerListing> ContentsReader::list(const std::filesystem::path& blob,
                                                                   const Layer& layer) {
  auto listing = std::make_unique<LayerListing>();
  UniqueFd fd = open_file(blob, O_RDONLY | O_NOFOLLOW);
  LayerReader reader(fd.get(), layer);
  Hasher hasher;
  while (std::optional<Entry> entry = reader.next()) {
    if (entry->type == EntryType::kFile) {
      bool is_status = entry->path == kStatus;
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read()) {
        hasher.update(piece);
        if (is_status)
          listing->status.append(piece);
      }
      entry->digest = hasher.finish();
    }
    listing->entries.push_back(std::move(*entry));
  }
  return listing;
}

void ContentsReader::list_layers(const ImageLayout& layout, const std::vector<Layer>& layers) {
  struct Missing {
    const Layer* layer;
    std::unique_ptr<LayerListing>* listing;
  };
  std::vector<Missing> missing;
  for (const Layer& layer : layers) {
    auto [known, is_new] = layers_.try_emplace(layer.digest);
    if (is_new || !known->second)
      missing.push_back({&layer, &known->second});
  }
  parallel_for(missing.size(), available_cores(), [&](std::size_t i) {
    *missing[i].listing = list(layout.blob_path(missing[i].layer->digest), *missing[i].layer);
  });
}

ImageContents ContentsReader::read_layout(const std::filesystem::path& directory,
                                          const std::string& reference) {
  ImageLayout layout(directory.parent_path(), directory.filename().string());
  ImageManifest manifest = layout.manifest(choose_manifest(directory, reference));
  ImageContents contents;
  FlatTree tree;
  list_layers(layout, manifest.layers);
  std::vector<const LayerListing*> listings;
  for (const Layer& layer : manifest.layers) {
    listings.push_back(layers_.at(layer.digest).get());
    tree.begin_layer();
    for (const Entry& entry : listings.back()->entries)
      tree.apply(entry, listings.size() - 1);
  }
  for (FlatTree::Item& item : tree.items()) {
    if (item.entry.path == kStatus)
      contents.packages = parse_installed_packages(listings[item.content]->status);
    if (item.entry.type == EntryType::kHardlink) {
      item.entry.type = EntryType::kFile;
      item.entry.link_target.clear();
    }
    if (item.entry.path != ".")
      contents.files.emplace(item.entry.path, std::move(item.entry));
  }
  contents.layers = std::move(manifest.layers);
  contents.config = std::move(manifest.config);
  return contents;
}

ImageContents ContentsReader::read_archive(const std::filesystem::path& archive) {
  TemporaryDirectory unpacked;
  std::filesystem::path layout = unpacked.path() / "layout";
  make_directories(layout / "blobs/sha256");
  UniqueFd fd = open_file(archive, O_RDONLY);
  std::string buffer(1 << 20, '\0');
  TarReader reader([&] {
    auto n = check(::read(fd.get(), buffer.data(), buffer.size()), "read " + archive.string());
    return std::string_view(buffer).substr(0, static_cast<std::size_t>(n));
  });
  while (std::optional<Entry> entry = reader.next()) {
    std::string path = entry->path.starts_with("./") ? entry->path.substr(2) : entry->path;
    bool is_blob = path.starts_with("blobs/sha256/") && Digest::parse(path.substr(13)).has_value();
    if (entry->type != EntryType::kFile || !(is_blob || path == "index.json"))
      continue;
    AtomicFile file(layout / path);
    for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read())
      write_all(file.fd(), piece);
    file.commit(Durability::kCache);
  }
  if (!std::filesystem::exists(layout / "index.json"))
    throw Error(ErrorKind::kUsage, archive.string() + " is not an oci-archive: it has no index.json");
  return read_layout(layout, "");
}

ImageContents ContentsReader::read_version(const std::string& subject) {
  std::string name = subject;
  std::string reference;
  if (subject.starts_with("sha256:")) {
    for (const std::string& image : image_names(images_)) {
      for (const ImageVersion& version : ImageLayout(images_, image).versions()) {
        if (version.manifest.oci().starts_with(subject)) {
          name = image;
          reference = version.version;
        }
      }
    }
    if (reference.empty())
      throw Error(ErrorKind::kUsage, "no image in " + images_.string() + " has the digest " + subject);
  } else {
    ImageReference parsed = parse_reference(subject);
    name = parsed.name;
    reference = parsed.reference;
  }
  ImageLayout layout(images_, name);
  ImageVersion version = layout.find(reference);
  ImageContents contents = read_layout(layout.directory(), version.manifest.oci());
  contents.label = name + " " + version.version;
  if (has_record(layout, version.manifest))
    contents.locks = read_record(layout, version.manifest).locks;
  return contents;
}

ImageContents ContentsReader::read(const std::string& subject) {
  if (!is_path(subject))
    return read_version(subject);
  std::filesystem::path path = std::filesystem::absolute(subject).lexically_normal();
  std::string reference;
  if (std::size_t colon = path.string().rfind(':');
      !std::filesystem::exists(path) && colon != std::string::npos) {
    reference = path.string().substr(colon + 1);
    path = path.string().substr(0, colon);
  }
  if (!path.has_filename())
    path = path.parent_path();
  if (!std::filesystem::exists(path))
    throw Error(ErrorKind::kUsage, "there is no " + subject);
  ImageContents contents;
  if (!std::filesystem::is_directory(path))
    contents = read_archive(path);
  else if (std::filesystem::exists(path / "index.json") && std::filesystem::exists(path / "blobs"))
    contents = read_layout(path, reference);
  else
    contents = read_directory(path);
  contents.label = subject;
  return contents;
}

std::vector<InstalledPackage> parse_installed_packages(std::string_view status) {
  std::vector<InstalledPackage> packages;
  while (!status.empty()) {
    std::size_t end = std::min(status.find("\n\n"), status.size());
    auto fields = stanza_fields(status.substr(0, end));
    status.remove_prefix(std::min(end + 2, status.size()));
    InstalledPackage package;
    package.name = value_of(fields, "Package");
    package.architecture = value_of(fields, "Architecture");
    package.version = value_of(fields, "Version");
    if (package.name.empty() || !value_of(fields, "Status").ends_with(" installed"))
      continue;
    set_source(package, value_of(fields, "Source"));
    packages.push_back(std::move(package));
  }
  std::sort(packages.begin(), packages.end(), [](const InstalledPackage& a, const InstalledPackage& b) {
    return std::tie(a.name, a.architecture) < std::tie(b.name, b.architecture);
  });
  return packages;
}

}  // namespace bootstrap
