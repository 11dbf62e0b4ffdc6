#include "package/compress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "support/catch.h"

namespace bootstrap {
namespace {

struct Packed {
  Fragment fragment;
  std::string bytes;
};

Packed compress(Compression compression, std::string_view data, std::size_t piece = SIZE_MAX) {
  Packed packed;
  FragmentWriter writer(compression, [&](std::string_view bytes) { packed.bytes += bytes; });
  for (std::size_t i = 0; i < data.size(); i += std::min(piece, data.size()))
    writer.write(data.substr(i, piece));
  packed.fragment = writer.finish();
  return packed;
}

std::string decompress(Compression compression, const Packed& packed) {
  std::string data;
  decompress_fragment(compression, packed.fragment, packed.bytes,
                      [&](std::string_view piece) { data += piece; });
  return data;
}

/// Text-like data: compressible, and long enough for several blocks.
std::string sample(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string data;
  while (data.size() < size)
    data += "line " + std::to_string(random() % 5000) + (random() % 3 == 0 ? "\n" : " ");
  data.resize(size);
  return data;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string data(size, '\0');
  for (char& c : data)
    c = static_cast<char>(random());
  return data;
}

/// gunzip of exactly one member, as readers do that know no more than one.
std::string gunzip_one_member(const std::string& file) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string data(64 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(data.data());
  stream.avail_out = static_cast<uInt>(data.size());
  CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  data.resize(stream.total_out);
  ::inflateEnd(&stream);
  return data;
}

std::string unzstd(const std::string& file) {
  std::string data;
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer in{file.data(), file.size(), 0};
  std::string buffer(1 << 20, '\0');
  while (in.pos < in.size) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    REQUIRE_FALSE(ZSTD_isError(ZSTD_decompressStream(context, &out, &in)));
    data.append(buffer, 0, out.pos);
  }
  ZSTD_freeDCtx(context);
  return data;
}

std::string join(Compression compression, const std::vector<Packed>& parts) {
  FragmentJoiner joiner(compression);
  std::string file = joiner.begin();
  for (const Packed& part : parts) {
    file += part.bytes;
    joiner.add(part.fragment);
  }
  return file + joiner.end();
}

const std::vector<std::string>& contents() {
  static const std::vector<std::string> values{"",
                                               "x",
                                               std::string(100, 'a'),
                                               sample(70'000),
                                               noise(70'000),
                                               sample((1 << 20) - 1),
                                               sample(1 << 20),
                                               sample((1 << 20) + 1),
                                               noise(3 << 20),
                                               sample(9 << 20),
                                               std::string(5 << 20, '\0')};
  return values;
}

TEST_CASE("a fragment decompresses to what it was made of") {
  Compression compression = GENERATE(Compression::kGzip, Compression::kZstd);
  for (const std::string& data : contents()) {
    CAPTURE(name_of(compression), data.size());
    Packed packed = compress(compression, data);
    CHECK(packed.fragment.size == data.size());
    CHECK(packed.fragment.compressed_size == packed.bytes.size());
    CHECK(packed.fragment.crc32 ==
          ::crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
    CHECK((decompress(compression, packed) == data));
  }
}

TEST_CASE("a fragment does not depend on how its bytes were cut") {
  Compression compression = GENERATE(Compression::kGzip, Compression::kZstd);
  std::string data = sample(5 << 20);
  Packed whole = compress(compression, data);
  for (std::size_t piece : {std::size_t{4093}, std::size_t{1} << 20, std::size_t{3} << 20})
    CHECK((compress(compression, data, piece).bytes == whole.bytes));
}

TEST_CASE("joined gzip fragments are one member with the right checksum and size") {
  std::vector<Packed> parts;
  std::string data;
  for (const std::string& content : contents()) {
    parts.push_back(compress(Compression::kGzip, content));
    data += content;
  }
  std::string file = join(Compression::kGzip, parts);
  CHECK(file.substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
  CHECK((gunzip_one_member(file) == data));
  CHECK(gunzip_one_member(join(Compression::kGzip, {})).empty());
}

TEST_CASE("every end of a deflate stream is opened, whatever bit it falls on") {
  std::vector<Packed> parts;
  std::string data;
  for (std::size_t size = 1; size < 400; ++size) {
    std::string content = sample(size, static_cast<unsigned>(size));
    parts.push_back(compress(Compression::kGzip, content));
    data += content;
  }
  CHECK((gunzip_one_member(join(Compression::kGzip, parts)) == data));
}

TEST_CASE("joined zstd fragments are frames one after another") {
  std::vector<Packed> parts;
  std::string data;
  for (const std::string& content : contents()) {
    parts.push_back(compress(Compression::kZstd, content));
    data += content;
  }
  CHECK((unzstd(join(Compression::kZstd, parts)) == data));
}

TEST_CASE("the size of a gzip file is noted modulo 2^32") {
  FragmentJoiner joiner(Compression::kGzip);
  Fragment fragment;
  fragment.size = (4ULL << 30) + 5;
  joiner.add(fragment);
  std::string end = joiner.end();
  CHECK(end.substr(end.size() - 4) == std::string("\x05\0\0\0", 4));
}

TEST_CASE("fragments are not larger than what zlib makes of the whole") {
  std::string data = sample(8 << 20);
  uLongf size = ::compressBound(data.size());
  std::string reference(size, '\0');
  REQUIRE(::compress2(reinterpret_cast<Bytef*>(reference.data()), &size,
                      reinterpret_cast<const Bytef*>(data.data()), data.size(), 6) == Z_OK);
  CHECK(compress(Compression::kGzip, data).bytes.size() <= size);
}

TEST_CASE("a damaged fragment is an error") {
  Compression compression = GENERATE(Compression::kGzip, Compression::kZstd);
  CAPTURE(name_of(compression));
  const Packed good = compress(compression, sample(9 << 20));
  Packed bad = good;
  auto fails = [&] { CHECK_THROWS_AS(decompress(compression, bad), Error); };
  SECTION("a bit changed") {
    for (std::size_t i = 0; i < good.bytes.size(); i += good.bytes.size() / 20) {
      bad = good;
      bad.bytes[i] ^= 0x10;
      fails();
    }
  }
  SECTION("cut") {
    bad.bytes.pop_back();
    fails();
  }
  SECTION("more behind it") {
    bad.bytes += '\0';
    fails();
  }
  SECTION("another size") {
    bad.fragment.size += 1;
    fails();
    bad.fragment.size = 1;
    fails();
  }
  SECTION("another checksum") {
    bad.fragment.crc32 ^= 1;
    fails();
  }
  SECTION("a block less") {
    bad.fragment.blocks.pop_back();
    fails();
  }
}

}  // namespace
}  // namespace bootstrap
