#include "image/layer_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <libdeflate.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "package/deb.h"

namespace bootstrap {
namespace {

// What is decompressed in memory, at most; the worker's memory is bounded.
constexpr std::uint64_t kInMemoryLimit = 256ULL << 20;
constexpr std::size_t kGzipOverhead = 18;  // header and trailer (RFC 1952)

/// libarchive converts names to the locale's character set. This makes that UTF-8, for this thread, for the
/// life of the object, whatever the user's locale is.
class Utf8Locale {
 public:
  Utf8Locale() : previous_(::uselocale(utf8())) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() { ::uselocale(previous_); }

 private:
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;  // 0 where there is none: uselocale() then changes nothing
  }
  locale_t previous_;
};

/// The length of the uncompressed data modulo 2^32: the last four bytes of a gzip file.
std::uint64_t gzip_size(std::string_view gzip) {
  std::uint64_t size = 0;
  for (int i = 4; i > 0; --i)
    size |= static_cast<std::uint64_t>(static_cast<unsigned char>(gzip[gzip.size() - i])) << (8 * (4 - i));
  return size;
}

/// Decompresses a single gzip member. The size in the trailer is only a claim: libdeflate fails, rather than
/// writes on, when there is more.
std::string gunzip(std::string_view gzip, std::uint64_t size) {
  std::string data(size, '\0');
  std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor)
    throw std::bad_alloc();
  std::size_t read = 0;
  std::size_t written = 0;
  auto result = libdeflate_gzip_decompress_ex(decompressor.get(), gzip.data(), gzip.size(), data.data(),
                                              data.size(), &read, &written);
  if (result != LIBDEFLATE_SUCCESS || read != gzip.size() || written != size)
    throw Error(ErrorKind::kFailure, "its gzip data is damaged");
  return data;
}

EntryType type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr)
    return EntryType::kHardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::kFile;
    case AE_IFDIR:
      return EntryType::kDirectory;
    case AE_IFLNK:
      return EntryType::kSymlink;
    case AE_IFCHR:
      return EntryType::kCharacterDevice;
    case AE_IFBLK:
      return EntryType::kBlockDevice;
    case AE_IFIFO:
      return EntryType::kFifo;
    default:
      throw Error(ErrorKind::kFailure, "an entry of unknown type");
  }
}

std::string text_of(const char* text, const char* what) {
  if (text == nullptr)
    throw Error(ErrorKind::kFailure, std::string("an entry has no readable ") + what);
  return text;
}

Entry convert(archive_entry* source) {
  Entry entry;
  entry.path = canonical_path(text_of(archive_entry_pathname(source), "path"), false, "layer");
  entry.type = type_of(source);
  entry.mode = archive_entry_perm(source);
  entry.uid = static_cast<std::uint32_t>(archive_entry_uid(source));
  entry.gid = static_cast<std::uint32_t>(archive_entry_gid(source));
  entry.mtime = archive_entry_mtime(source);
  if (entry.type == EntryType::kFile)
    entry.size = static_cast<std::uint64_t>(archive_entry_size(source));
  if (entry.type == EntryType::kSymlink)
    entry.link_target = text_of(archive_entry_symlink(source), "link target");
  if (entry.type == EntryType::kHardlink)
    entry.link_target =
        canonical_path(text_of(archive_entry_hardlink(source), "link target"), false, "layer");
  if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
    entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(source));
    entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(source));
  }
  archive_entry_xattr_reset(source);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(source, &name, &value, &size) == ARCHIVE_OK)
    entry.xattrs[name] = std::string(static_cast<const char*>(value), size);
  return entry;
}

}  // namespace

struct LayerReader::State {
  int blob = -1;
  Layer layer;
  std::string tar;  ///< the whole of it, unless streamed
  bool streamed = false;
  std::vector<char> buffer;
  Hasher hasher;
  int read_error = 0;
  la_int64_t offset = 0;  ///< in the content of the current entry
  std::unique_ptr<archive, int (*)(archive*)> reader{archive_read_new(), archive_read_free};

  State(int fd, const Layer& of) : blob(fd), layer(of) {}

  std::string where() const { return "layer " + layer.digest.oci(); }

  [[noreturn]] void damaged(const std::string& why) const {
    throw Error(ErrorKind::kFailure, where() + " is damaged: " + why,
                "remove the image's folder and build it again");
  }

  /// A piece of the compressed blob, at the file's position, hashed.
  ssize_t fill() {
    buffer.resize(1 << 20);
    ssize_t n = -1;
    do {
      n = ::read(blob, buffer.data(), buffer.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0)
      read_error = errno;
    else
      hasher.update({buffer.data(), static_cast<std::size_t>(n)});
    return n;
  }

  static la_ssize_t read_callback(archive* reader, void* self, const void** data) {
    auto* state = static_cast<State*>(self);
    ssize_t n = state->fill();
    *data = state->buffer.data();
    if (n < 0)
      archive_set_error(reader, state->read_error, "cannot read the blob");
    return n;
  }

  void open() {
    check(::lseek(blob, 0, SEEK_SET), "lseek");
    struct stat status {};
    check(::fstat(blob, &status), "fstat");
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != layer.size)
      damaged("its size is wrong");
    archive_read_support_format_tar(reader.get());
    streamed = !load();
    if (streamed && layer.compression == Compression::kGzip)
      archive_read_support_filter_gzip(reader.get());
    if (streamed && layer.compression == Compression::kZstd)
      archive_read_support_filter_zstd(reader.get());
    int result = streamed ? archive_read_open(reader.get(), this, nullptr, read_callback, nullptr)
                          : archive_read_open_memory(reader.get(), tar.data(), tar.size());
    if (result != ARCHIVE_OK)
      damaged(archive_error_string(reader.get()));
  }

  /// Reads and decompresses the layer at once, if it is of a kind and size for which that pays.
  bool load() {
    if (layer.compression != Compression::kGzip || layer.size > kInMemoryLimit || layer.size < kGzipOverhead)
      return false;
    std::string gzip = read_all(blob, layer.size);
    if (Digest::of(gzip) != layer.digest)
      damaged("it is not what its digest says");
    std::uint64_t size = gzip_size(gzip);
    // Deflate makes data at most 1032 times smaller: a larger claim is a lie, or the size modulo 2^32.
    if (size > kInMemoryLimit || size / 1032 > gzip.size()) {
      check(::lseek(blob, 0, SEEK_SET), "lseek");
      return false;
    }
    tar = gunzip(gzip, size);
    return true;
  }

  /// The tar may end before the blob does; the digest is that of the whole blob.
  void finish() {
    if (!streamed)
      return;
    ssize_t n = 1;
    while (n > 0)
      n = fill();
    if (n < 0)
      throw_errno("cannot read " + where(), read_error);
    if (hasher.finish() != layer.digest)
      damaged("it is not what its digest says");
    streamed = false;
  }
};

LayerReader::LayerReader(int blob, const Layer& layer) : state_(std::make_unique<State>(blob, layer)) {
  Utf8Locale locale;
  try {
    state_->open();
  } catch (Error& error) {
    if (!error.message().starts_with("layer "))
      error.prepend(state_->where());
    throw;
  }
}

LayerReader::LayerReader(LayerReader&&) noexcept = default;
LayerReader& LayerReader::operator=(LayerReader&&) noexcept = default;
LayerReader::~LayerReader() = default;

std::optional<Entry> LayerReader::next() {
  Utf8Locale locale;
  archive_entry* entry = nullptr;
  int result = archive_read_next_header(state_->reader.get(), &entry);
  if (result == ARCHIVE_EOF) {
    state_->finish();
    return std::nullopt;
  }
  if (result != ARCHIVE_OK)
    state_->damaged(archive_error_string(state_->reader.get()));
  state_->offset = 0;
  try {
    return convert(entry);
  } catch (Error& error) {
    error.prepend(state_->where());
    throw;
  }
}

std::string_view LayerReader::read() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  int result = archive_read_data_block(state_->reader.get(), &data, &size, &offset);
  if (result == ARCHIVE_EOF)
    return {};
  if (result != ARCHIVE_OK)
    state_->damaged(archive_error_string(state_->reader.get()));
  if (offset != state_->offset)
    state_->damaged("it has a sparse file");
  state_->offset += static_cast<la_int64_t>(size);
  return {static_cast<const char*>(data), size};
}

}  // namespace bootstrap
