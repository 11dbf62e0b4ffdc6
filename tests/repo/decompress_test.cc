#include "repo/decompress.h"

#include <lzma.h>
#include <zlib.h>

#include "base/error.h"
#include "repo/packed.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

std::string message_of(std::string_view data, IndexCompression compression, std::uint64_t limit) {
  try {
    decompress(data, compression, limit);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kFailure);
    return error.message();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 50000; ++i)
    text += "Package: p" + std::to_string(i) + "\n";
  return text;
}

TEST_CASE("every form gives the text back") {
  for (const std::string& text : {std::string(), std::string("x"), sample()}) {
    CHECK(decompress(xz(text), IndexCompression::kXz, text.size()) == text);
    CHECK(decompress(gzip(text), IndexCompression::kGzip, text.size()) == text);
    CHECK(decompress(text, IndexCompression::kNone, text.size()) == text);
  }
}

TEST_CASE("streams after one another are one text") {
  CHECK(decompress(xz("one ") + xz("two"), IndexCompression::kXz, 100) == "one two");
  CHECK(decompress(gzip("one ") + gzip("two"), IndexCompression::kGzip, 100) == "one two");
}

TEST_CASE("a text one byte over the limit is refused") {
  const std::string text = sample();
  CHECK(contains(message_of(xz(text), IndexCompression::kXz, text.size() - 1), "more than"));
  CHECK(contains(message_of(gzip(text), IndexCompression::kGzip, text.size() - 1), "more than"));
  CHECK(contains(message_of(text, IndexCompression::kNone, text.size() - 1), "more than"));
  CHECK(contains(message_of(xz("x"), IndexCompression::kXz, 0), "more than"));
}

TEST_CASE("a bomb stops at the limit") {
  const std::string zeros(16 << 20, '\0');
  const std::string bomb = xz(zeros);
  CHECK(bomb.size() < 20'000);
  CHECK(contains(message_of(bomb, IndexCompression::kXz, 1000), "more than 1000 bytes"));
}

TEST_CASE("data cut anywhere, damaged or followed by anything is refused") {
  const std::string text = sample().substr(0, 5000);
  struct Form {
    std::string packed;
    IndexCompression compression;
  };
  for (const Form& form :
       {Form{xz(text), IndexCompression::kXz}, Form{gzip(text), IndexCompression::kGzip}}) {
    for (std::size_t size = 0; size < form.packed.size(); size += 13)
      CHECK(message_of(form.packed.substr(0, size), form.compression, 1 << 20) != "");
    std::string damaged = form.packed;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    CHECK(message_of(damaged, form.compression, 1 << 20) != "");
    CHECK(message_of(form.packed + "garbage", form.compression, 1 << 20) != "");
    CHECK(message_of("<html>", form.compression, 1 << 20) != "");
  }
}

TEST_CASE("an xz stream that wants gigabytes of memory is refused") {
  lzma_options_lzma options;
  REQUIRE(lzma_lzma_preset(&options, 0) == 0);
  options.dict_size = 1U << 30;
  // The encoder would allocate what it announces, so only the announcement is made: header and block header.
  std::string data = xz("x");
  lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  lzma_block block{};
  block.check = LZMA_CHECK_CRC64;
  block.filters = filters;
  block.compressed_size = LZMA_VLI_UNKNOWN;
  block.uncompressed_size = LZMA_VLI_UNKNOWN;
  REQUIRE(lzma_block_header_size(&block) == LZMA_OK);
  std::string header(block.header_size, '\0');
  REQUIRE(lzma_block_header_encode(&block, reinterpret_cast<std::uint8_t*>(header.data())) == LZMA_OK);
  data.replace(LZMA_STREAM_HEADER_SIZE, header.size(), header);
  CHECK(contains(message_of(data, IndexCompression::kXz, 1 << 20), "memory"));
}

}  // namespace
}  // namespace bootstrap
