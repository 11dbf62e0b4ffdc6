#include "repo/decompress.h"

#include <libdeflate.h>
#include <lzma.h>

#include <algorithm>
#include <memory>
#include <new>

#include "base/error.h"

namespace bootstrap {

namespace {

// xz -9 needs 65 MiB. A stream that asks for more (the format allows dictionaries of 4 GiB) is an attack.
constexpr std::uint64_t kXzMemory = 128ULL << 20;

constexpr std::size_t kMaxInput = 1ULL << 30;

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::kFailure, problem);
}
[[noreturn]] void refuse_length(std::uint64_t limit) {
  refuse("more than " + std::to_string(limit) + " bytes when decompressed");
}

/// A text that grows as a decoder fills it, up to a limit.
class BoundedText {
 public:
  explicit BoundedText(std::uint64_t limit) : limit_(limit) { text_.resize(std::min(limit + 1, kFirst)); }

  char* free_space() { return text_.data() + used_; }
  /// At least one byte, until the limit is passed.
  std::size_t free_size() const { return text_.size() - used_; }

  void added(std::size_t count) {
    used_ += count;
    if (used_ > limit_)
      refuse_length(limit_);
    if (used_ == text_.size())
      text_.resize(std::min<std::uint64_t>(limit_ + 1, 2 * used_));
  }

  std::string take() {
    text_.resize(used_);
    return std::move(text_);
  }

 private:
  static constexpr std::uint64_t kFirst = 64ULL << 20;

  std::uint64_t limit_;
  std::string text_;
  std::size_t used_ = 0;
};

class XzDecoder {
 public:
  XzDecoder() {
    if (lzma_stream_decoder(&stream_, kXzMemory, LZMA_CONCATENATED) != LZMA_OK)
      refuse("cannot start the xz decoder");
  }
  ~XzDecoder() { lzma_end(&stream_); }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;

  std::string decode(std::string_view data, std::uint64_t limit) {
    BoundedText text(limit);
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(data.data());
    stream_.avail_in = data.size();
    for (lzma_ret result = LZMA_OK; result != LZMA_STREAM_END;) {
      stream_.next_out = reinterpret_cast<std::uint8_t*>(text.free_space());
      stream_.avail_out = text.free_size();
      result = lzma_code(&stream_, LZMA_FINISH);
      text.added(text.free_size() - stream_.avail_out);
      if (result == LZMA_MEMLIMIT_ERROR)
        refuse("the xz data needs more than " + std::to_string(kXzMemory >> 20) + " MiB of memory");
      if (result != LZMA_OK && result != LZMA_STREAM_END)
        refuse(result == LZMA_BUF_ERROR ? "the xz data is truncated" : "the xz data is damaged");
    }
    return text.take();
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

/// gzip members, one after another. libdeflate is three times faster than zlib, but wants to be told how much
/// comes out.
class GzipDecoder {
 public:
  std::string decode(std::string_view data, std::uint64_t limit) {
    std::string text;
    text.resize(std::min<std::uint64_t>(limit, kTypicalRatio * data.size()));
    std::size_t used = 0;
    while (!data.empty()) {
      std::size_t taken = 0;
      std::size_t added = 0;
      switch (libdeflate_gzip_decompress_ex(decoder_.get(), data.data(), data.size(), text.data() + used,
                                            text.size() - used, &taken, &added)) {
        case LIBDEFLATE_SUCCESS:
          data.remove_prefix(taken);
          used += added;
          break;
        case LIBDEFLATE_INSUFFICIENT_SPACE:
          if (text.size() == limit)
            refuse_length(limit);
          text.resize(std::min<std::uint64_t>(limit, 2 * text.size()));
          break;
        default:
          refuse("the gzip data is truncated or damaged");
      }
    }
    text.resize(used);
    return text;
  }

 private:
  static constexpr std::size_t kTypicalRatio = 8;

  struct Free {
    void operator()(libdeflate_decompressor* decoder) const { libdeflate_free_decompressor(decoder); }
  };
  std::unique_ptr<libdeflate_decompressor, Free> decoder_{start()};

  static libdeflate_decompressor* start() {
    libdeflate_decompressor* decoder = libdeflate_alloc_decompressor();
    if (decoder == nullptr)
      throw std::bad_alloc();
    return decoder;
  }
};

}  // namespace

std::string decompress(std::string_view data, IndexCompression compression, std::uint64_t limit) {
  if (data.size() > kMaxInput)
    refuse("more than " + std::to_string(kMaxInput) + " bytes of compressed data");
  switch (compression) {
    case IndexCompression::kXz:
      return XzDecoder().decode(data, limit);
    case IndexCompression::kGzip:
      if (data.empty())
        refuse("no gzip data");
      return GzipDecoder().decode(data, limit);
    case IndexCompression::kNone:
      break;
  }
  if (data.size() > limit)
    refuse("more than " + std::to_string(limit) + " bytes");
  return std::string(data);
}

}  // namespace bootstrap
