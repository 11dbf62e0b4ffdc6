// Our deflate: whatever is compressed comes back.
#include <libdeflate.h>

#include <memory>
#include <string>

#include "fuzz/fuzz.h"
#include "package/deflate.h"

using namespace bootstrap;

FUZZ(input) {
  static DeflateEncoder encoder;
  // Repeated, for fuzzers write little that is alike.
  const std::string data =
      std::string(input) + std::string(input.size() * 7 % 40000, '\0') + std::string(input);
  const std::string deflated = std::string(encoder.encode(data)) + std::string("\x03\x00", 2);
  std::string output(data.size() + 1, '\0');
  std::size_t size = 0;
  static const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  require(libdeflate_deflate_decompress(decompressor.get(), deflated.data(), deflated.size(), output.data(),
                                        output.size(), &size) == LIBDEFLATE_SUCCESS);
  require(std::string_view(output).substr(0, size) == data);
}
