#include "repo/decompress.h"

#include <lzma.h>
#include <zlib.h>

#include <algorithm>

#include "base/error.h"

namespace bootstrap {

namespace {

// xz -9 needs 65 MiB. A stream that asks for more (the format allows dictionaries of 4 GiB) is an attack.
constexpr std::uint64_t kXzMemory = 128ULL << 20;

/// zlib counts in 32 bits.
constexpr std::size_t kMaxInput = 1ULL << 30;

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::kFailure, problem);
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
      refuse("more than " + std::to_string(limit_) + " bytes when decompressed");
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

  void decode(std::string_view data, BoundedText& text) {
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
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class GzipDecoder {
 public:
  GzipDecoder() {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK)
      refuse("cannot start the gzip decoder");
  }
  ~GzipDecoder() { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  void decode(std::string_view data, BoundedText& text) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    for (int result = Z_OK; result != Z_STREAM_END || next_member();) {
      stream_.next_out = reinterpret_cast<Bytef*>(text.free_space());
      stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(text.free_size(), kMaxInput));
      const uInt room = stream_.avail_out;
      result = inflate(&stream_, Z_NO_FLUSH);
      text.added(room - stream_.avail_out);
      if (result != Z_OK && result != Z_STREAM_END)
        refuse(result == Z_BUF_ERROR ? "the gzip data is truncated" : "the gzip data is damaged");
    }
  }

 private:
  bool next_member() { return stream_.avail_in > 0 && inflateReset(&stream_) == Z_OK; }

  z_stream stream_{};
};

}  // namespace

std::string decompress(std::string_view data, IndexCompression compression, std::uint64_t limit) {
  if (data.size() > kMaxInput)
    refuse("more than " + std::to_string(kMaxInput) + " bytes of compressed data");
  BoundedText text(limit);
  switch (compression) {
    case IndexCompression::kXz:
      XzDecoder().decode(data, text);
      break;
    case IndexCompression::kGzip:
      GzipDecoder().decode(data, text);
      break;
    case IndexCompression::kNone:
      if (data.size() > limit)
        refuse("more than " + std::to_string(limit) + " bytes");
      return std::string(data);
  }
  return text.take();
}

}  // namespace bootstrap
