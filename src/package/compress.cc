// Both compressions cut their input into blocks of fixed size, each compressed on its own. A block is what
// one call of the one-shot libraries takes: no streaming state, memory bounded by the block, and a reader
// needs only the list of the blocks' compressed sizes to decompress them one by one.
//
// gzip: the encoder is our own (package/deflate.h), since the bytes of a layer are what we promise. It makes
// blocks that end at the end of a byte and are never the last. Each is decompressed again by libdeflate
// before it is used: a layer that says something else than its files would be found out much later, by
// somebody else.
//
// zstd: one frame per block, no content checksum: a layer is named by its SHA-256, and xxHash would only add
// time and bytes.
#include "package/compress.h"

#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"
#include "package/deflate.h"
#include "package/fail.h"

namespace bootstrap {
namespace {

// A larger block compresses a little better (matches cannot reach back into the block before) and needs more
// memory. Part of what decides a layer's bytes: a change needs a new format of images.
constexpr std::size_t kGzipBlock = DeflateEncoder::kLargest;
constexpr std::size_t kZstdBlock = 8 << 20;
constexpr int kZstdLevel = 3;

// An empty final deflate block with fixed codes: ends a run of blocks that has no end.
constexpr std::string_view kFinalBlock("\x03\x00", 2);

constexpr std::size_t block_size(Compression compression) {
  return compression == Compression::kGzip ? kGzipBlock : kZstdBlock;
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};
struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

template <typename T>
T* allocated(T* pointer) {
  if (pointer == nullptr)
    throw std::bad_alloc();
  return pointer;
}

/// Decompresses blocks into a buffer of its own.
class BlockDecoder {
 public:
  explicit BlockDecoder(Compression compression) : compression_(compression) {
    if (compression == Compression::kGzip)
      deflate_.reset(allocated(libdeflate_alloc_decompressor()));
    else
      zstd_.reset(allocated(ZSTD_createDCtx()));
  }

  std::string_view decode(std::string_view compressed, std::size_t size) {
    output_.resize(size);
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool good = false;
    if (compression_ == Compression::kGzip) {
      input_ = compressed;
      input_ += kFinalBlock;
      good = libdeflate_deflate_decompress_ex(deflate_.get(), input_.data(), input_.size(), output_.data(),
                                              size, &consumed, &produced) == LIBDEFLATE_SUCCESS &&
             consumed == input_.size();
    } else {
      produced = ZSTD_decompressDCtx(zstd_.get(), output_.data(), size, compressed.data(), compressed.size());
      good = !ZSTD_isError(produced);
    }
    if (!good || produced != size)
      fail("compressed data is damaged");
    return output_;
  }

 private:
  Compression compression_;
  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> deflate_;
  std::unique_ptr<ZSTD_DCtx, FreeZstd> zstd_;
  std::string input_;
  std::string output_;
};

/// Compresses blocks, and checks that they can be decompressed.
class DeflateBlocks {
 public:
  std::string_view compress(std::string_view block) {
    const std::string_view compressed = encoder_.encode(block);
    if (decoder_.decode(compressed, block.size()) != block)
      fail("our compression made a block that does not decompress to its input");
    return compressed;
  }

 private:
  DeflateEncoder encoder_;
  BlockDecoder decoder_{Compression::kGzip};
};

class ZstdFrames {
 public:
  ZstdFrames() {
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel));
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 0));
  }
  std::string_view compress(std::string_view block) {
    output_.resize(ZSTD_compressBound(block.size()));
    std::size_t size =
        ZSTD_compress2(context_.get(), output_.data(), output_.size(), block.data(), block.size());
    check(size);
    return {output_.data(), size};
  }

 private:
  static void check(std::size_t result) {
    if (ZSTD_isError(result))
      throw Error(ErrorKind::kFailure, std::string("zstd: ") + ZSTD_getErrorName(result));
  }
  std::unique_ptr<ZSTD_CCtx, FreeZstd> context_{allocated(ZSTD_createCCtx())};
  std::string output_;
};

}  // namespace

std::string encoder_name(Compression compression) {
  return compression == Compression::kGzip ? "bootstrap-deflate-" + std::to_string(kDeflateVersion)
                                           : std::string("zstd-") + ZSTD_versionString();
}

struct FragmentWriter::State {
  Compression compression;
  ByteSink sink;
  std::unique_ptr<DeflateBlocks> deflate;
  std::unique_ptr<ZstdFrames> zstd;
  std::string block;
  Fragment fragment;

  void flush() {
    std::string_view compressed = deflate ? deflate->compress(block) : zstd->compress(block);
    sink(compressed);
    fragment.crc32 = libdeflate_crc32(fragment.crc32, block.data(), block.size());
    fragment.size += block.size();
    fragment.compressed_size += compressed.size();
    fragment.blocks.push_back(static_cast<std::uint32_t>(compressed.size()));
    block.clear();
  }
};

FragmentWriter::FragmentWriter(Compression compression, ByteSink sink) : state_(std::make_unique<State>()) {
  state_->compression = compression;
  state_->sink = std::move(sink);
  if (compression == Compression::kGzip)
    state_->deflate = std::make_unique<DeflateBlocks>();
  else
    state_->zstd = std::make_unique<ZstdFrames>();
}

FragmentWriter::~FragmentWriter() = default;

void FragmentWriter::write(std::string_view data) {
  const std::size_t full = block_size(state_->compression);
  while (!data.empty()) {
    std::size_t part = std::min(full - state_->block.size(), data.size());
    state_->block.append(data.substr(0, part));
    data.remove_prefix(part);
    if (state_->block.size() == full)
      state_->flush();
  }
}

Fragment FragmentWriter::finish() {
  if (!state_->block.empty())
    state_->flush();
  return std::exchange(state_->fragment, {});
}

std::string FragmentJoiner::begin() const {
  if (compression_ == Compression::kZstd)
    return {};
  // RFC 1952: deflate, no flags, no time, no hint of the level, operating system "unknown".
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
}

void FragmentJoiner::add(const Fragment& fragment) {
  crc32_ = static_cast<std::uint32_t>(
      ::crc32_combine(crc32_, fragment.crc32, static_cast<z_off_t>(fragment.size)));
  size_ += fragment.size;
}

std::string FragmentJoiner::end() const {
  if (compression_ == Compression::kZstd)
    return {};
  std::string trailer(kFinalBlock);
  for (std::uint64_t value : {std::uint64_t{crc32_}, size_}) {  // RFC 1952: the size modulo 2^32
    for (int shift = 0; shift < 32; shift += 8)
      trailer += static_cast<char>(value >> shift & 0xff);
  }
  return trailer;
}

void decompress_fragment(Compression compression, const Fragment& fragment, std::string_view compressed,
                         const ByteSink& sink) {
  BlockDecoder decoder(compression);
  std::uint32_t crc32 = 0;
  std::uint64_t left = fragment.size;
  for (std::uint32_t size : fragment.blocks) {
    std::size_t block = static_cast<std::size_t>(std::min<std::uint64_t>(left, block_size(compression)));
    if (size > compressed.size() || block == 0)
      fail("compressed data does not have the size that was noted");
    std::string_view data = decoder.decode(compressed.substr(0, size), block);
    compressed.remove_prefix(size);
    left -= block;
    crc32 = libdeflate_crc32(crc32, data.data(), data.size());
    sink(data);
  }
  if (left != 0 || !compressed.empty())
    fail("compressed data does not have the size that was noted");
  if (crc32 != fragment.crc32)
    fail("compressed data is damaged: its checksum is wrong");
}

}  // namespace bootstrap
