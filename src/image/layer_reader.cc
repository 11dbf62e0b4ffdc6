#include "image/layer_reader.h"

#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <new>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "package/deb.h"
#include "package/decoder.h"
#include "package/tar_reader.h"

namespace bootstrap {
namespace {

// What is decompressed in one go, at most: the worker's memory is bounded.
constexpr std::uint64_t kInMemoryLimit = 256ULL << 20;
constexpr std::uint64_t kDecoderMemory = 256ULL << 20;
constexpr std::size_t kGzipOverhead = 18;      // header and trailer (RFC 1952)
constexpr std::uint64_t kDeflateRatio = 1032;  // deflate makes nothing smaller than this

/// The length of the uncompressed data modulo 2^32: the last four bytes of a gzip file.
std::uint64_t size_in_trailer(std::string_view gzip) {
  std::uint64_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(gzip[gzip.size() - i]);
  return size;
}

/// Decompresses a single gzip member; nullopt when it holds more than `size` bytes.
std::optional<std::string> gunzip(std::string_view gzip, std::uint64_t size) {
  std::string data(size, '\0');
  std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor)
    throw std::bad_alloc();
  std::size_t read = 0;
  std::size_t written = 0;
  auto result = libdeflate_gzip_decompress_ex(decompressor.get(), gzip.data(), gzip.size(), data.data(),
                                              data.size(), &read, &written);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
    return std::nullopt;
  if (result != LIBDEFLATE_SUCCESS || read != gzip.size() || written != size)
    throw Error(ErrorKind::kFailure, "its gzip data is damaged");
  return data;
}

[[noreturn]] void refuse_diff_id(const Digest& actual) {
  throw Error(ErrorKind::kFailure,
              "decompressed it is " + actual.oci() + ", which is not the diff ID that its config names",
              "the image is damaged or forged; get or build it again");
}

[[noreturn]] void refuse_digest() {
  throw Error(ErrorKind::kFailure, "it is not what its digest says",
              "remove the blob from the image and from the store; the next build makes it again");
}

/// The bytes of a blob, hashed as they pass.
class BlobSource {
 public:
  explicit BlobSource(int fd) : fd_(fd), buffer_(1 << 20, '\0') { check(::lseek(fd_, 0, SEEK_SET), "lseek"); }

  std::string_view next() {
    ssize_t n = -1;
    do {
      n = ::read(fd_, buffer_.data(), buffer_.size());
    } while (n < 0 && errno == EINTR);
    check(n, "read");
    std::string_view piece(buffer_.data(), static_cast<std::size_t>(n));
    hasher_.update(piece);
    return piece;
  }
  Digest digest() {
    while (!next().empty()) {
    }
    return hasher_.finish();
  }

 private:
  int fd_;
  std::string buffer_;
  Hasher hasher_;
};

}  // namespace

struct LayerReader::State {
  Layer layer;
  std::string tar;                   ///< all of it, when it was decompressed in one go
  std::future<Digest> tar_digest;    ///< of that, computed beside its reader
  std::unique_ptr<BlobSource> blob;  ///< when it is streamed
  std::unique_ptr<Decoder> decoder;
  Hasher decoded;  ///< what came out of it
  std::unique_ptr<TarReader> reader;

  explicit State(const Layer& of) : layer(of) {}

  void open(int fd) {
    struct stat status{};
    check(::fstat(fd, &status), "fstat");
    if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != layer.size)
      throw Error(ErrorKind::kFailure, "its size is wrong");
    if (load(fd)) {
      reader = std::make_unique<TarReader>(
          [this, given = false]() mutable { return std::exchange(given, true) ? std::string_view() : tar; });
      return;
    }
    blob = std::make_unique<BlobSource>(fd);
    decoder = make_decoder(
        layer.compression == Compression::kGzip ? MemberEncoding::kGzip : MemberEncoding::kZstd,
        [this] { return blob->next(); }, kDecoderMemory);
    reader = std::make_unique<TarReader>([this] { return next_decoded(); });
  }

  std::string_view next_decoded() {
    const std::string_view piece = decoder->next();
    decoded.update(piece);
    return piece;
  }

  /// Reads and decompresses the layer in one go, if it is of a kind and size for which that pays.
  bool load(int fd) {
    if (layer.compression != Compression::kGzip || layer.size > kInMemoryLimit || layer.size < kGzipOverhead)
      return false;
    check(::lseek(fd, 0, SEEK_SET), "lseek");
    std::string gzip = read_all(fd, layer.size);
    if (Digest::of(gzip) != layer.digest)
      refuse_digest();
    std::uint64_t size = size_in_trailer(gzip);
    // The size is only a claim. One that deflate cannot keep is a lie.
    if (size > kInMemoryLimit || size / kDeflateRatio > gzip.size())
      return false;
    std::optional<std::string> data = gunzip(gzip, size);
    if (!data)
      return false;
    tar = std::move(*data);
    tar_digest = std::async(std::launch::async, [this] { return Digest::of(tar); });
    return true;
  }

  /// The tar may end before the blob does; the digests are those of the whole blob and of all that is in it.
  void finish() {
    if (tar_digest.valid())
      check_diff_id(tar_digest.get());
    if (!blob)
      return;
    while (!next_decoded().empty()) {
    }
    if (blob->digest() != layer.digest)
      refuse_digest();
    blob.reset();
    check_diff_id(decoded.finish());
  }

  void check_diff_id(const Digest& actual) const {
    if (actual != layer.diff_id)
      refuse_diff_id(actual);
  }

  /// Calls `step`, and says of which layer an error is.
  template <typename Step>
  auto of_layer(Step step) -> decltype(step()) {
    try {
      return step();
    } catch (Error& error) {
      error.prepend("layer " + layer.digest.oci());
      throw;
    }
  }
};

LayerReader::LayerReader(int blob, const Layer& layer) : state_(std::make_unique<State>(layer)) {
  state_->of_layer([&] { state_->open(blob); });
}

LayerReader::LayerReader(LayerReader&&) noexcept = default;
LayerReader& LayerReader::operator=(LayerReader&&) noexcept = default;
LayerReader::~LayerReader() = default;

std::optional<Entry> LayerReader::next() {
  return state_->of_layer([&] {
    std::optional<Entry> entry = state_->reader->next();
    if (!entry) {
      state_->finish();
      return entry;
    }
    entry->path = canonical_path(entry->path, false, "entry");
    if (entry->type == EntryType::kHardlink)
      entry->link_target = canonical_path(entry->link_target, false, "hard link");
    return entry;
  });
}

std::string_view LayerReader::read() {
  return state_->of_layer([&] { return state_->reader->read(); });
}

}  // namespace bootstrap
