#include "package/decoder.h"

#include <archive.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "package/fail.h"

namespace bootstrap {
namespace {

constexpr std::size_t kOutput = 256 << 10;

class Plain : public Decoder {
 public:
  explicit Plain(ByteSource source) : source_(std::move(source)) {}
  std::string_view next() override { return source_(); }

 private:
  ByteSource source_;
};

/// .xz with one or more streams, or the older .lzma with one.
class Xz : public Decoder {
 public:
  Xz(MemberEncoding encoding, ByteSource source, std::uint64_t memory_limit)
      : source_(std::move(source)), output_(kOutput) {
    lzma_ret result = encoding == MemberEncoding::kXz
                          ? ::lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED)
                          : ::lzma_alone_decoder(&stream_, memory_limit);
    if (result != LZMA_OK)
      throw std::bad_alloc();
  }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;
  ~Xz() override { ::lzma_end(&stream_); }

  std::string_view next() override {
    stream_.next_out = output_.data();
    stream_.avail_out = output_.size();
    while (!ended_ && stream_.avail_out > 0) {
      if (stream_.avail_in == 0 && !input_ended_) {
        std::string_view input = source_();
        input_ended_ = input.empty();
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
        stream_.avail_in = input.size();
      }
      step();
    }
    return {reinterpret_cast<const char*>(output_.data()), output_.size() - stream_.avail_out};
  }

 private:
  void step() {
    switch (::lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN)) {
      case LZMA_OK:
        return;
      case LZMA_STREAM_END:
        ended_ = true;
        if (stream_.avail_in > 0 || (!input_ended_ && !source_().empty()))
          fail("garbage follows the lzma data");
        return;
      case LZMA_MEM_ERROR:
        throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR:
        fail("the xz data needs more memory to decompress than is allowed");
      case LZMA_BUF_ERROR:
        fail("the xz data is truncated");
      default:
        fail("the xz data is damaged");
    }
  }

  ByteSource source_;
  std::vector<std::uint8_t> output_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool input_ended_ = false;
  bool ended_ = false;
};

/// One or more gzip members.
class Gzip : public Decoder {
 public:
  explicit Gzip(ByteSource source) : source_(std::move(source)), output_(kOutput) {
    if (::inflateInit2(&stream_, 15 + 16) != Z_OK)
      throw std::bad_alloc();
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { ::inflateEnd(&stream_); }

  std::string_view next() override {
    stream_.next_out = output_.data();
    stream_.avail_out = static_cast<uInt>(output_.size());
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        std::string_view input = source_();
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream_.avail_in = static_cast<uInt>(input.size());
        if (input.empty()) {
          if (!between_members_)
            fail("the gzip data is truncated");
          break;
        }
      }
      if (std::exchange(between_members_, false))
        ::inflateReset(&stream_);
      int result = ::inflate(&stream_, Z_NO_FLUSH);
      between_members_ = result == Z_STREAM_END;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        fail("the gzip data is damaged, or garbage follows it");
    }
    return {reinterpret_cast<const char*>(output_.data()), output_.size() - stream_.avail_out};
  }

 private:
  ByteSource source_;
  std::vector<Bytef> output_;
  z_stream stream_{};
  bool between_members_ = false;
};

/// One or more zstd frames.
class Zstd : public Decoder {
 public:
  Zstd(ByteSource source, std::uint64_t memory_limit) : source_(std::move(source)), output_(kOutput) {
    if (!context_)
      throw std::bad_alloc();
    // The window is nearly all the memory that a decoder needs.
    int window_log = std::bit_width(memory_limit) - 1;
    ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    window_log = std::min(std::max(window_log, bounds.lowerBound), bounds.upperBound);
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
  }

  std::string_view next() override {
    ZSTD_outBuffer out{output_.data(), output_.size(), 0};
    while (out.pos < out.size) {
      if (in_.pos == in_.size && !flushing_) {
        std::string_view input = source_();
        in_ = {input.data(), input.size(), 0};
        if (input.empty()) {
          if (!between_frames_)
            fail("the zstd data is truncated");
          break;
        }
      }
      std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(result))
        fail(std::string("the zstd data cannot be decompressed: ") + ZSTD_getErrorName(result));
      between_frames_ = result == 0;
      // A full output buffer means that the decoder may hold more, whether there is input or not.
      flushing_ = out.pos == out.size && !between_frames_;
    }
    return {output_.data(), out.pos};
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  ByteSource source_;
  std::vector<char> output_;
  std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool between_frames_ = false;
  bool flushing_ = false;
};

/// bzip2 through libarchive. Its format bounds the memory (under 4 MiB), and no package that is still built
/// uses it.
class Bzip2 : public Decoder {
 public:
  explicit Bzip2(ByteSource source) : source_(std::move(source)), archive_(::archive_read_new()) {
    if (!archive_)
      throw std::bad_alloc();
    archive* handle = archive_.get();
    ::archive_read_append_filter(handle, ARCHIVE_FILTER_BZIP2);
    ::archive_read_support_format_raw(handle);
    ::archive_read_support_format_empty(handle);
    archive_entry* entry = nullptr;
    if (::archive_read_open(handle, this, nullptr, &Bzip2::read, nullptr) != ARCHIVE_OK ||
        ::archive_read_next_header(handle, &entry) != ARCHIVE_OK)
      fail_with_reason();
  }

  std::string_view next() override {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int result = ::archive_read_data_block(archive_.get(), &data, &size, &offset);
    if (result == ARCHIVE_EOF)
      return {};
    if (result != ARCHIVE_OK)
      fail_with_reason();
    return {static_cast<const char*>(data), size};
  }

 private:
  static la_ssize_t read(archive* handle, void* self, const void** data) {
    auto* decoder = static_cast<Bzip2*>(self);
    try {
      std::string_view input = decoder->source_();
      *data = input.data();
      return static_cast<la_ssize_t>(input.size());
    } catch (...) {
      // No exception may pass through C.
      decoder->source_error_ = std::current_exception();
      ::archive_set_error(handle, EIO, "cannot read");
      return -1;
    }
  }
  [[noreturn]] void fail_with_reason() {
    if (source_error_)
      std::rethrow_exception(source_error_);
    fail("the bzip2 data is damaged or truncated");
  }

  struct Free {
    void operator()(archive* handle) const { ::archive_read_free(handle); }
  };
  ByteSource source_;
  std::exception_ptr source_error_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(MemberEncoding encoding, ByteSource source,
                                      std::uint64_t memory_limit) {
  switch (encoding) {
    case MemberEncoding::kNone:
      return std::make_unique<Plain>(std::move(source));
    case MemberEncoding::kGzip:
      return std::make_unique<Gzip>(std::move(source));
    case MemberEncoding::kXz:
    case MemberEncoding::kLzma:
      return std::make_unique<Xz>(encoding, std::move(source), memory_limit);
    case MemberEncoding::kZstd:
      return std::make_unique<Zstd>(std::move(source), memory_limit);
    case MemberEncoding::kBzip2:
      return std::make_unique<Bzip2>(std::move(source));
  }
  fail("unknown compression");
}

}  // namespace bootstrap
