#include "image/export.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "image/flat_tree.h"
#include "image/index_document.h"
#include "image/layer_reader.h"
#include "image/unpack.h"
#include "package/tar_writer.h"

namespace bootstrap {
namespace {

/// Writes a tar to a descriptor, in large pieces.
class TarOutput {
 public:
  explicit TarOutput(int fd) : fd_(fd) {}

  void header(const Entry& entry) { append(tar_header(entry)); }
  void content(std::string_view data) {
    append(data);
    padding(data.size());
  }
  /// `size` bytes of the file `source` from `offset` on.
  void content(int source, std::uint64_t offset, std::uint64_t size) {
    std::string piece;
    for (std::uint64_t done = 0; done < size; done += piece.size()) {
      piece.resize(std::min<std::uint64_t>(size - done, kPiece));
      ssize_t n =
          check(::pread(source, piece.data(), piece.size(), static_cast<off_t>(offset + done)), "read");
      if (n == 0)
        throw Error(ErrorKind::kFailure, "a file became shorter while it was read");
      piece.resize(static_cast<std::size_t>(n));
      append(piece);
    }
    padding(size);
  }
  void end() {
    append(tar_end());
    flush();
  }

 private:
  static constexpr std::size_t kPiece = 1 << 20;

  void append(std::string_view data) {
    buffer_ += data;
    if (buffer_.size() >= kPiece)
      flush();
  }
  void padding(std::uint64_t size) { append(std::string(tar_padding(size), '\0')); }
  void flush() {
    write_all(fd_, buffer_);
    buffer_.clear();
  }

  int fd_;
  std::string buffer_;
};

void refuse_existing(const std::filesystem::path& target) {
  if (std::filesystem::is_directory(target))
    throw Error(ErrorKind::kUsage, target.string() + " is a directory", "name a file");
}

/// Applies all layers to a tree; the content of files is appended to the file `spool`.
FlatTree flatten(const ImageLayout& layout, const ImageManifest& manifest, int spool) {
  FlatTree tree;
  std::uint64_t end = 0;
  for (const Layer& layer : manifest.layers) {
    UniqueFd blob = open_file(layout.blob_path(layer.digest), O_RDONLY | O_NOFOLLOW);
    LayerReader reader(blob.get(), layer);
    tree.begin_layer();
    while (std::optional<Entry> entry = reader.next()) {
      tree.apply(*entry, end);
      for (std::string_view piece = reader.read(); !piece.empty(); piece = reader.read()) {
        write_all(spool, piece);
        end += piece.size();
      }
    }
  }
  return tree;
}

Entry archive_entry_of(std::string path, EntryType type, std::uint64_t size) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = type == EntryType::kDirectory ? 0755 : 0644;
  entry.size = size;
  return entry;
}

void write_document(TarOutput& tar, const std::string& name, const std::string& document) {
  tar.header(archive_entry_of(name, EntryType::kFile, document.size()));
  tar.content(document);
}

}  // namespace

void export_tar(const ImageLayout& layout, const ImageVersion& version, const std::filesystem::path& target) {
  refuse_existing(target);
  AtomicFile file(target);
  AtomicFile spool(target);  // never committed: a temporary file where there must be room anyway
  FlatTree tree = flatten(layout, layout.manifest(version.manifest), spool.fd());
  TarOutput tar(file.fd());
  for (const FlatTree::Item& item : tree.items()) {
    tar.header(item.entry);
    if (item.entry.type == EntryType::kFile)
      tar.content(spool.fd(), item.content, item.entry.size);
  }
  tar.end();
  file.commit(Durability::kCache);
}

void export_directory(const ImageLayout& layout, const ImageVersion& version,
                      const std::filesystem::path& target) {
  if (std::filesystem::exists(target) &&
      (!std::filesystem::is_directory(target) || !std::filesystem::is_empty(target)))
    throw Error(ErrorKind::kUsage, target.string() + " exists already", "name a new or an empty directory");
  if (::geteuid() != 0)
    throw Error(ErrorKind::kUsage, "only root can give the files of an image their owners",
                "export a tar, and unpack it where it is needed: --format tar");
  std::filesystem::path absolute = std::filesystem::absolute(target).lexically_normal();
  if (!absolute.has_filename())
    absolute = absolute.parent_path();  // it was written with a '/' at its end
  ImageManifest manifest = layout.manifest(version.manifest);
  UniqueFd blobs = open_file(layout.blob_directory(), O_RDONLY | O_DIRECTORY);
  TemporaryDirectory temporary(absolute.parent_path());
  UniqueFd root = open_file(temporary.path(), O_RDONLY | O_DIRECTORY);
  unpack_layers(blobs.get(), manifest.layers, root.get());
  check(::rename(temporary.path().c_str(), absolute.c_str()), "cannot make " + absolute.string());
}

void export_archive(const ImageLayout& layout, const ImageVersion& version,
                    const std::filesystem::path& target, ExportFormat format) {
  refuse_existing(target);
  ImageManifest manifest = layout.manifest(version.manifest);
  std::set<std::string> blobs{manifest.digest.hex(), manifest.config_digest.hex()};
  for (const Layer& layer : manifest.layers)
    blobs.insert(layer.digest.hex());

  AtomicFile file(target);
  TarOutput tar(file.fd());
  tar.header(archive_entry_of("blobs", EntryType::kDirectory, 0));
  tar.header(archive_entry_of("blobs/sha256", EntryType::kDirectory, 0));
  for (const std::string& hex : blobs) {
    UniqueFd blob = open_file(layout.blob_directory() / hex, O_RDONLY | O_NOFOLLOW);
    auto size = static_cast<std::uint64_t>(check(::lseek(blob.get(), 0, SEEK_END), "lseek"));
    tar.header(archive_entry_of("blobs/sha256/" + hex, EntryType::kFile, size));
    tar.content(blob.get(), 0, size);
  }
  ImageVersion alone = version;
  alone.latest = false;  // whether it is may change; what is in the archive does not
  write_document(tar, "index.json", index_document(layout.name(), {alone}));
  if (format == ExportFormat::kDockerArchive) {
    Json entry = docker_manifest_entry(manifest.config_digest, manifest.layers,
                                       {layout.name() + ":" + version.version});
    write_document(tar, "manifest.json", compact_json(Json::array({entry})));
  }
  write_document(tar, "oci-layout", layout_document());
  tar.end();
  file.commit(Durability::kCache);
}

}  // namespace bootstrap
