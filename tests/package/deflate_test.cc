#include "package/deflate.h"

#include <libdeflate.h>
#include <zlib.h>

#include <memory>
#include <random>

#include "base/digest.h"
#include "package/deflate_samples.h"
#include "support/catch.h"

using namespace bootstrap;

namespace {

constexpr std::string_view kFinalBlock("\x03\x00", 2);

std::string encode(DeflateEncoder& encoder, std::string_view input) {
  return std::string(encoder.encode(input)) + std::string(kFinalBlock);
}

bool inflates_to(const std::string& deflated, std::string_view expected) {
  std::string output(expected.size() + 1, '\0');
  std::size_t size = 0;
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  const auto result = libdeflate_deflate_decompress(decompressor.get(), deflated.data(), deflated.size(),
                                                    output.data(), output.size(), &size);
  if (result != LIBDEFLATE_SUCCESS || std::string_view(output).substr(0, size) != expected)
    return false;
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const bool ended = ::inflate(&stream, Z_FINISH) == Z_STREAM_END;
  const std::size_t total = stream.total_out;
  ::inflateEnd(&stream);
  return ended && std::string_view(output).substr(0, total) == expected;
}

}  // namespace

TEST_CASE("what is encoded is decoded by everybody, whatever it is") {
  DeflateEncoder encoder;
  for (const DeflateSample& sample : deflate_samples()) {
    INFO(sample.name);
    CHECK(inflates_to(encode(encoder, sample.data), sample.data));
  }
}

TEST_CASE("the bytes are the same everywhere and always") {
  // tests/integration/test_other_machines.py compares the same with other machines. Another digest is another
  // version of the format: raise kDeflateVersion.
  REQUIRE(kDeflateVersion == 1);
  Hasher hasher;
  DeflateEncoder encoder;
  for (const DeflateSample& sample : deflate_samples())
    hasher.update(encoder.encode(sample.data));
  CHECK(hasher.finish().hex() == "a94d2d6d7798e654f9219c9556da1e5d1add53688cb4e1180afe5f226ee8e39c");
}

TEST_CASE("what was encoded before does not matter") {
  const auto samples = deflate_samples();
  DeflateEncoder used;
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample)
    CHECK(used.encode(sample->data) == DeflateEncoder().encode(sample->data));
}

TEST_CASE("what cannot be compressed grows by the heads of stored blocks only") {
  DeflateEncoder encoder;
  std::mt19937 random(3);
  for (const std::size_t size : {1UL, 1000UL, 65535UL, 65536UL, DeflateEncoder::kLargest}) {
    std::string noise(size, '\0');
    for (char& c : noise)
      c = static_cast<char>(random());
    CHECK(encoder.encode(noise).size() <= size + 5 * (size / 65535 + 2));
  }
}

TEST_CASE("what repeats is found, near and far") {
  DeflateEncoder encoder;
  const std::string unit = deflate_samples().at(5).data.substr(0, 1000);
  CHECK(encoder.encode(std::string(100000, 'x')).size() < 200);
  CHECK(encoder.encode(unit + unit).size() < encoder.encode(unit).size() + 40);
  const std::string far = unit + std::string(MatchFinder::kWindow - unit.size(), '\0') + unit;
  CHECK(encoder.encode(far).size() < encoder.encode(unit).size() + 300);
}

TEST_CASE("inputs with structure survive, however they are cut") {
  std::mt19937 random(11);
  DeflateEncoder encoder;
  for (int round = 0; round < 60; ++round) {
    std::string data;
    while (data.size() < 150000) {
      const std::size_t length = 1 + random() % 400;
      if (random() % 3 == 0 || data.size() < 2) {
        for (std::size_t i = 0; i < length; ++i)
          data += static_cast<char>(random() % (1 + round * 4));
      } else {
        const std::size_t distance = 1 + random() % std::min<std::size_t>(data.size(), 40000);
        for (std::size_t i = 0; i < length; ++i)
          data += data[data.size() - distance];
      }
    }
    data.resize(random() % data.size());
    INFO(round);
    CHECK(inflates_to(encode(encoder, data), data));
  }
}
